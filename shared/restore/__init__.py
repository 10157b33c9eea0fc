"""Plan a restore, apply it."""
