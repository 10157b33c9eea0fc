"""The cut, the writer, the descriptor, and reading a backup again."""
