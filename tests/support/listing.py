"""Lists of the API, all of their pages."""

from typing import Any

from tests.support.api import Api


async def listed(api: Api, path: str, top: int = 1000) -> list[Any]:
    """All items of a list, page by page."""
    found: list[Any] = []
    reply = await api.get(f"{path}{'&' if '?' in path else '?'}top={top}")
    while True:
        assert reply.status == 200, reply.body
        assert len(reply.body["value"]) <= top
        found += reply.body["value"]
        if "nextLink" not in reply.body:
            return found
        reply = await api.get(reply.body["nextLink"])
