"""Verifying backups: what a restore would find, before one is needed."""
