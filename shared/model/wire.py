"""The base of all types that are exchanged or stored as JSON."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    JsonValue,
    PlainSerializer,
    SkipValidation,
    StringConstraints,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError, from_json

JsonObject = dict[str, JsonValue]

Kept = Annotated[JsonObject, SkipValidation]
"""A JSON object that was checked when it was received; it is not checked again when it is read from
storage."""


def _object(value: JsonValue) -> JsonValue:
    if not isinstance(value, dict):
        raise PydanticCustomError("dict_type", "an object is needed")
    return value


Sent = Annotated[Kept, AfterValidator(_object)]
"""A JSON object in a parsed body. It contains only JSON and may have millions of values, so only
its own type is checked."""

MASK = "********"
"""Replaces a secret in every answer; sent back, it keeps the stored value."""


def parsed(text: str | bytes) -> Any:
    """Parse a JSON text, in half the time of the standard library's parser.

    :raises ValueError: if it is not JSON.
    :raises RecursionError: if it is nested too deep.
    """
    try:
        return from_json(text, cache_strings="keys")
    except ValueError:
        return json.loads(text)  # it also accepts halves of surrogate pairs, and deeper nesting


def rfc3339(time: datetime) -> str:
    """UTC with milliseconds and a Z, so that texts sort as times do."""
    utc = time if time.tzinfo is UTC else time.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _utc(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ValueError("needs an offset, such as 2026-11-01T02:00:00Z")
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is no time in UTC") from error


Time = Annotated[datetime, AfterValidator(_utc), PlainSerializer(rfc3339, when_used="json")]
"""A time that is RFC 3339 in JSON, and a datetime in UTC here."""

Text = Annotated[str, StringConstraints(max_length=1024, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
"""A line of text: no control characters, at most 1,024 characters."""


def as_whole(value: object) -> object:
    """A whole number as an int, also if it is written as ``30.0``, as Terraform and jq do."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


AS_WHOLE = BeforeValidator(as_whole)
"""For a strict whole number in a body. Put it after the bounds, so that they are in the API's
description."""


class Wire(BaseModel):
    """Base of the types of requests and answers: camelCase in JSON, unknown members are refused."""

    model_config = ConfigDict(
        # Built on demand, so that a cold start does not build them all: a fifth of the import's
        # time.
        defer_build=True,
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    def to_json(self) -> JsonObject:
        """This value as a JSON object; members without a value are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Stored(Wire):
    """Base of stored types: members that a later version added are ignored."""

    model_config = ConfigDict(extra="ignore")


__all__ = [
    "AS_WHOLE",
    "MASK",
    "JsonObject",
    "JsonValue",
    "Kept",
    "Sent",
    "Stored",
    "Text",
    "Time",
    "Wire",
    "as_whole",
    "parsed",
    "rfc3339",
]
