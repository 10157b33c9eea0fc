"""Schedules, what is due, retention runs, and the preview of both."""
