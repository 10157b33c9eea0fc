"""Azure as its owner has it: what is done to integration accounts without Interkeep.

It is the stand-in's: workflows that send orders, somebody who deletes an account, somebody who
changes an agreement.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import aiohttp

from localhost.demo.closing import Closing
from localhost.demo.failure import DemoFailed
from localhost.demo.issued import Place

_VERSION = "2019-05-01"
_KINDS = {"interchange": "ICN", "group": "GCN", "transactionSet": "TSCN"}
"""Of numbers, as the API calls them and as sessions are named."""


class Azure(Closing):
    """Accounts of the stand-in.

    :param root_url: where it listens.
    """

    def __init__(self, root_url: str) -> None:
        self._root = root_url.rstrip("/")
        # The stand-in takes any token.
        self._session = aiohttp.ClientSession(headers={"Authorization": "Bearer any"})

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

    async def delete(self, resource_id: str) -> None:
        """Delete an account with all that is in it."""
        await self._send("DELETE", resource_id)

    async def get(self, account: str, kind: str, name: str) -> Any:
        """A resource of an account."""
        return await self._send("GET", f"{account}/{kind}/{quote(name, safe='')}")

    async def put(self, account: str, kind: str, name: str, properties: Any) -> None:
        """Write a resource of an account."""
        place = f"{account}/{kind}/{quote(name, safe='')}"
        await self._send("PUT", place, {"properties": properties})

    async def deploy(self, account: str, name: str, region: str) -> None:
        """Deploy a workflow that uses an account, in its region, beside it."""
        place = f"{account.rpartition('/integrationAccounts/')[0]}/workflows/{name}"
        uses = {"integrationAccount": {"id": account}, "definition": {}}
        await self._send("PUT", place, {"location": region, "properties": uses})

    async def last_numbers(self, account: str, agreements: tuple[str, ...]) -> Mapping[Place, int]:
        """The last number that an account issued, of each kind that it has issued any of."""
        listed = await self._send("GET", f"{account}/sessions")
        sessions = {one["name"]: one["properties"]["content"] for one in listed["value"]}
        return {
            (agreement, kind): int(sessions[f"{agreement}-{counter}"]["ControlNumber"])
            for agreement in agreements
            for kind, counter in _KINDS.items()
            if f"{agreement}-{counter}" in sessions
        }

    async def send(self, account: str, agreement: str, count: int) -> list[dict[str, Any]]:
        """Send so many messages, as workflows do: each takes a number of every kind, which only
        the account notes. The numbers, as the API would show them."""
        taken: list[dict[str, Any]] = []
        for (_, kind), last in (await self.last_numbers(account, (agreement,))).items():
            name = f"{agreement}-{_KINDS[kind]}"
            session = await self.get(account, "sessions", name)
            content = {
                **session["properties"]["content"],
                "ControlNumber": str(last + count),
                "ControlNumberChangedTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            }
            await self.put(account, "sessions", name, {"content": content})
            taken += [{"kind": kind, "value": last + each} for each in range(1, count + 1)]
        return taken

    async def _send(self, method: str, resource_id: str, body: object = None) -> Any:
        url = f"{self._root}{resource_id}?api-version={_VERSION}"
        async with self._session.request(method, url, json=body) as answer:
            if answer.status not in (200, 201):
                raise DemoFailed(f"Azure's stand-in: {method} {resource_id} said {answer.status}.")
            return await answer.json() if method != "DELETE" else None
