"""Alerts: what an operator must hear of, in the log and to a webhook."""
