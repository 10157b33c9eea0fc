"""Verifying backups: finding what would make a restore fail, before one is needed."""
