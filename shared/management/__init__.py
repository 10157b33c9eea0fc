"""Management operations on a living service: settings, states, artifacts, content, deletion."""
