"""The format of a backup in its container, written and read: docs/backup-format.md in code."""
