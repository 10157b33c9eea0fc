"""Schedules: what is due, what retention will do, and the timer that starts both."""
