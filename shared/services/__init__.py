"""A living service: settings, states, artifacts, import, deletion, and its cut."""
