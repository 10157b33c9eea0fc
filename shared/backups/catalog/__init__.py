"""Which backups there are, who reads them, and how they go."""
