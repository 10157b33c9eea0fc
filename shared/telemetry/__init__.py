"""What the app tells of itself: events in its log, and measures."""
