"""Streams: pages merged, read ahead, and worked on side by side."""
