"""Workflows (logic apps) that use an account: disabled while its service is suspended."""
