"""Existing services: settings, states, artifacts, import, deletion, and the cut that a backup
reads."""
