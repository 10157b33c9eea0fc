"""Backups: made, kept, looked into, scheduled."""
