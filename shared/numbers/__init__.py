"""Control numbers, received numbers and MIC values: claimed, issued, set, recorded."""
