"""What is in a backup, and how it differs from another."""
