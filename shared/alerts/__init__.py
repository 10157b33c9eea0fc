"""Alerts for operators, in the log and to a webhook."""
