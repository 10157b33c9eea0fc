"""Backups: how they are made, kept, inspected, and scheduled."""
