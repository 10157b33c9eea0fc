"""Streams: pages that are merged, read ahead, and processed concurrently."""
