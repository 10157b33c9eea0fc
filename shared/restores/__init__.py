"""Restores: first planned, then applied."""
