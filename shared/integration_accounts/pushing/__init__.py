"""Pushes: an integration account is brought to what a service holds."""
