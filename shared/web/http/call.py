"""One HTTP request, and its answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

import azure.functions as func
from pydantic import BaseModel, ValidationError

from shared.installation.installation import Installation
from shared.model.problem import Code, Detail, DetailCode, Problem
from shared.model.wire import JsonObject, Wire
from shared.rules.naming import require_callers_operation_id
from shared.web.http.json_body import read_json

Body = TypeVar("Body", bound=BaseModel)
Choice = TypeVar("Choice", bound=StrEnum)


class Nothing(Wire):
    """The body of a request that takes no body."""


_MOST_DETAILS = 1000
"""Most details of an answer, as many as an import has items, so that an answer does not grow with
the errors of a body."""

SECURITY_HEADERS = {
    # Shared caches must not store an answer, and a private one must revalidate it.
    "Cache-Control": "private, no-cache",
    # Content is untrusted bytes with the type that its caller gave: a browser must not run it.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    # An address may contain a function key.
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
}
"""Headers of every answer; an answer's own headers take precedence."""


@dataclass(frozen=True)
class Call:
    """The request that a function is called with."""

    request: func.HttpRequest
    app: Installation
    request_id: str
    caller: str

    @property
    def base_url(self) -> str:
        """Where the API is, for absolute links: ``https://host/api``."""
        parts = urlsplit(self.request.url)
        return f"{parts.scheme}://{parts.netloc}/api"

    def path(self, name: str) -> str:
        """A parameter of the route."""
        return str(self.request.route_params[name])

    def query(self, name: str) -> str | None:
        """A query parameter, its name compared without regard to case."""
        found = (v for n, v in self.request.params.items() if n.lower() == name.lower())
        value: str | None = next(found, None)
        return value

    def flag(self, name: str) -> bool:
        """A query parameter that is ``true`` or ``false``, false where it is absent.

        :raises Problem: InvalidRequest.
        """
        text = (self.query(name) or "false").lower()
        if text not in ("true", "false"):
            raise Problem(Code.INVALID_REQUEST, f"{name} takes true or false.", target=name)
        return text == "true"

    def choice(self, name: str, choices: type[Choice]) -> Choice | None:
        """A query parameter with one of a few values, without regard to case; None if it is absent.

        :raises Problem: InvalidRequest, which lists them.
        """
        text = self.query(name)
        if text is None:
            return None
        found = next((one for one in choices if one.lower() == text.lower()), None)
        if found is None:
            raise Problem(
                Code.INVALID_REQUEST, f"{name} is one of: {', '.join(choices)}.", target=name
            )
        return found

    def time(self, name: str) -> datetime | None:
        """A query parameter that is a time, None if it is absent.

        :raises Problem: InvalidRequest.
        """
        text = self.query(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise Problem(
                Code.INVALID_REQUEST,
                f"{name} takes a time such as 2026-11-01T02:00:00Z.",
                target=name,
            )
        return found

    def header(self, name: str) -> str | None:
        """A header of the request."""
        value: str | None = self.request.headers.get(name)
        return value

    @property
    def operation_id(self) -> str | None:
        """The caller's id for the operation, to repeat a request whose answer was lost.

        :raises Problem: InvalidName.
        """
        given = self.header("operation-id")
        if given is not None:
            require_callers_operation_id(given)
        return given

    def body(self, model: type[Body]) -> Body:
        """The body as a model.

        :raises Problem: InvalidJson; InvalidRequest with a detail for each thing that is wrong.
        """
        value = read_json(self.request.get_body())
        try:
            return model.model_validate(value)
        except ValidationError as error:
            raise invalid_request(error) from error

    def require_no_body(self) -> None:
        """Refuse a body where none is expected, since it would be ignored. ``{}`` is allowed.

        :raises Problem: InvalidJson; InvalidRequest with a detail for each member.
        """
        if self.request.get_body():
            self.body(Nothing)


@dataclass(frozen=True)
class Answer:
    """The answer of a function."""

    body: JsonObject | bytes | None = field(default=None, repr=False)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    packable: bool = False
    """Whether bytes may be packed; JSON may in any case."""
    has_own_tag: bool = True
    """Whether its ETag is of what it shows, and not of bytes that the request wrote."""
    refused: Sequence[Problem] = ()
    """Of a request that was done in part, what was not: each code of them is logged."""

    @property
    def can_be_packed(self) -> bool:
        """Whether it is for ``packing`` to say how it is sent."""
        return self.packable or isinstance(self.body, dict)

    def content(self) -> bytes:
        """The body's bytes."""
        if isinstance(self.body, dict):
            # Ends with a line feed, so that a terminal's prompt is on the next line.
            return f"{json.dumps(self.body, ensure_ascii=False)}\n".encode()
        return self.body or b""

    def to_response(self, request_id: str, client_request_id: str | None) -> func.HttpResponse:
        """The response that the Functions host sends."""
        # Set as a header: set as the mimetype, texts would get a charset that may be wrong.
        headers = {
            **SECURITY_HEADERS,
            "x-ms-request-id": request_id,
            "Content-Type": self.content_type,
            **self.headers,
        }
        if client_request_id:
            headers["x-ms-client-request-id"] = client_request_id
        return func.HttpResponse(self.content(), status_code=self.status, headers=headers)


def invalid_request(error: ValidationError) -> Problem:
    """The problem with one detail for each error that a model found."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    details = [
        Detail(
            code=_code_of(item["type"]),
            message=_said(item["type"], str(item["msg"])),
            target="".join(f"/{_part(part)}" for part in item["loc"]),
        )
        for item in found[:_MOST_DETAILS]
    ]
    first = details[0]
    rest = f" ({len(found) - 1} more in details)" if len(found) > 1 else ""
    return Problem(
        Code.INVALID_REQUEST,
        f"The request is not valid: {first.target or 'the body'}: {first.message}{rest}",
        target=first.target,
        details=details,
    )


def _part(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _code_of(kind: str) -> DetailCode:
    """The contract's code for an error of pydantic."""
    if kind == "extra_forbidden":
        return DetailCode.UNKNOWN_MEMBER
    if kind == "missing":
        return DetailCode.MISSING_MEMBER
    return DetailCode.WRONG_TYPE if kind.endswith("_type") else DetailCode.WRONG_VALUE


_SAID = {
    "extra_forbidden": "There is no such member.",
    "missing": "This member is required.",
    "model_type": "A JSON object is needed here.",
    "dict_type": "A JSON object is needed here.",
    "list_type": "A JSON array is needed here.",
}
"""Messages in JSON's terms, where pydantic's are in Python's."""


def _said(kind: str, message: str) -> str:
    return _SAID.get(kind) or message.removeprefix("Value error, ")
