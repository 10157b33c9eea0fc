"""Logging: loggers named interkeep.*; the Functions host carries them to Application Insights."""

import logging

ROOT = "interkeep"


def quiet_the_sdk() -> None:
    """Keep the Azure SDK's request lines, which hold addresses with signatures, out of the log."""
    for name in ("azure", "urllib3", "aiohttp"):
        logging.getLogger(name).setLevel(logging.WARNING)
