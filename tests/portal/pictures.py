"""The pictures of the portal in docs/pictures: where they are, and how large each may be."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 150_000
"""Of a picture in docs/."""
