"""Registered storage accounts, the content store, backup containers."""
