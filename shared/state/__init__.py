"""Table storage: one module for each table, over one small gateway."""
