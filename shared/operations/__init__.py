"""The engine: start, run, lease, recover."""
