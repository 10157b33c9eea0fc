"""Whether a machine's clock can be trusted: what is due and what is old depends on it."""

from datetime import datetime, timedelta

MOST_CLOCK_DIFFERENCE = timedelta(minutes=5)


def clocks_differ(storage: datetime | None, here: datetime) -> str | None:
    """What is wrong with this machine's clock, None where the storage's clock agrees with it.

    :param storage: the time that the storage answered with, None where it gave none.
    """
    if storage is not None and abs(storage - here) <= MOST_CLOCK_DIFFERENCE:
        return None
    said = "tells no time" if storage is None else f"says {storage.isoformat()}"
    return (
        f"this machine's clock says {here.isoformat()}, the storage {said}, and they may differ by "
        "5 minutes at most. Set the machine's clock."
    )
