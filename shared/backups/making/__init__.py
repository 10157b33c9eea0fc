"""Making a backup: from its start to its end in the history."""
