"""What is decided about integration accounts: their resources, sessions, limits and changes."""
