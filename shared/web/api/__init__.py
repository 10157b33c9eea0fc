"""The description of the API: its OpenAPI document."""
