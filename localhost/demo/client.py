"""The demo's view of Interkeep: HTTP, a key, and an eye on every status."""

import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from localhost.demo.closing import Closing
from localhost.demo.failure import DemoFailed
from localhost.demo.network.artifact import Content
from localhost.demo.unreached import why_unreached

_TIMEOUT = aiohttp.ClientTimeout(total=60)


@dataclass(frozen=True)
class Answer:
    """An answer, with the request line that it belongs to."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The error code, or nothing."""
        return self.headers.get("x-ms-error-code", "")

    @property
    def error(self) -> str:
        """Code and message of an error, or what the status means where the body holds none."""
        try:
            error = self.json["error"]
            return f"{error['code']}: {error['message']}"
        except (ValueError, KeyError, TypeError):
            return self._of_the_platform()

    def _of_the_platform(self) -> str:
        """What an answer means that Interkeep did not give."""
        if self.status == 401 and not self.body:
            return "The key is missing or wrong."
        if self.status == 401:
            return "The app asks callers to sign in, and took no token: is it for this app?"
        if self.status == 404:
            return "There is no Interkeep at this address, which ends with /api as a rule."
        return f"HTTP {self.status} with {len(self.body)} bytes that are no error of Interkeep's"


def api_url(base_url: str) -> str:
    """Where the functions are: below ``/api``, unless the address has a path of its own."""
    url = URL(base_url)
    return str(url / "api" if url.path == "/" else url)


class Api(Closing):
    """Calls an Interkeep host; every answer has the status that the step expects."""

    def __init__(self, base_url: str, key: str, token: str | None = None) -> None:
        """:param base_url: such as ``http://127.0.0.1:7071/api``.

        :param key: empty where the app takes none.
        :param token: of Microsoft Entra ID, where the app asks callers to sign in.
        """
        self.base_url = base_url.rstrip("/")
        self.calls = 0
        headers = {"x-functions-key": key} if key else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._session = aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT, trust_env=False)

    async def close(self) -> None:
        """Close the session."""
        await self._session.close()

    async def call(
        self,
        method: str,
        *parts: str,
        expect: int | tuple[int, ...] = 200,
        body: object = None,
        content: Content | None = None,
        query: str = "",
    ) -> Answer:
        """Send one request and take its answer.

        :param parts: of the path below ``/api``, not yet escaped.
        :param expect: the statuses that the step can go on with.
        :raises DemoFailed: the answer has another status, or there is none.
        """
        path = "/".join(quote(part, safe="") for part in parts) + query
        answer = await self._send(method, f"{self.base_url}/{path}", f"/api/{path}", body, content)
        expected = (expect,) if isinstance(expect, int) else expect
        if answer.status not in expected:
            wanted = " or ".join(str(status) for status in expected)
            raise DemoFailed(
                f"{method} {answer.path} answered {answer.status}, expected {wanted}.\n"
                f"{answer.error}"
            )
        return answer

    async def monitor(self, started: Answer) -> Answer:
        """Look at a long operation once, where its 202 says."""
        place = started.headers["operation-location"]
        if not place.startswith(f"{self.base_url}/"):
            raise DemoFailed(
                f"Operation-Location is {place}: not below {self.base_url}, so the key stays here."
            )
        return await self._send("GET", place, "/api" + place[len(self.base_url) :], None, None)

    async def _send(
        self, method: str, url: str, path: str, body: object, content: Content | None
    ) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data is not None else {}
        if content is not None:
            data, headers = content.data, {"Content-Type": content.media_type}
        if data is None and method == "POST":
            data = b""
        began = time.monotonic()
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),
                data=data,
                headers=headers,
                skip_auto_headers=("Content-Type",),
            ) as response:
                received = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DemoFailed(f"{method} {path}: no answer.\n{why_unreached(error)}") from error
        self.calls += 1
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Answer(method, path, response.status, lower, received, time.monotonic() - began)
