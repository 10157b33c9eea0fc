"""What a page's requests find: services and backups that the page takes as given."""

from collections.abc import Awaitable, Callable

from tests.api import Api

Estate = Callable[[Api, str], Awaitable[None]]


async def a_service(api: Api, contoso: str) -> None:
    """A service that holds nothing."""
    await api.service(f"{contoso}-b2b", edition="Standard")


ESTATES: dict[str, Estate] = {"schedules.md": a_service}
"""By page; a page that is not here begins with nothing."""
