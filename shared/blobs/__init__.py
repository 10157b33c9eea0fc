"""Registered storage accounts, the content store, and backup containers."""
