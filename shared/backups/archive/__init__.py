"""A backup as it lies in its container, written and read: docs/backup-format.md in code."""
