"""Restores: planned, then applied."""
