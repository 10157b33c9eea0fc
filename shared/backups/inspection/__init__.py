"""What is in a backup, and what differs from another."""
