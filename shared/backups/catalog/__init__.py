"""Which backups exist, which operations read them, and how they are deleted."""
