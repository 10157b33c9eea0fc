"""What the app reports about itself: events in its log, and metrics."""
