"""Table storage: one module a table, over one small gateway."""
