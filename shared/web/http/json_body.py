"""Reading JSON from callers: strict where Python is lenient."""

import codecs
import json
import math
import sys
from collections import Counter

from shared.model.problem import Code, Problem
from shared.model.wire import JsonObject, JsonValue

MOST_BYTES = 16 * 1024 * 1024
"""Largest JSON body, that of an import."""


def read_json(body: bytes) -> JsonValue:
    """The JSON of a body.

    Refuses what the JSON standard does not allow or leaves open: NaN and infinities, duplicate
    names in one object, text that is not UTF-8.

    :raises Problem: InvalidJson, BodyTooLarge.
    """
    if len(body) > MOST_BYTES:
        raise Problem(
            Code.BODY_TOO_LARGE,
            f"The body has {len(body)} bytes, {MOST_BYTES} are the most. Split it.",
        )
    if not body:
        raise _invalid("it is empty; send a JSON object with a Content-Length header")
    if body.startswith(codecs.BOM_UTF8):
        raise _invalid("it begins with a byte order mark; send it without")
    try:
        value: JsonValue = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise _invalid("it is not UTF-8") from error
    except RecursionError as error:
        raise _invalid("it is nested too deep") from error
    except ValueError as error:
        raise _invalid(_said(error)) from error
    return value


def _object(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Each name is checked once: a body may have a million, and no other request is served
        # meanwhile.
        twice = next(name for name, times in Counter(n for n, _ in pairs).items() if times > 1)
        raise ValueError(f"the member {twice[:80]!r} comes twice in one object")
    return found


def _no_constant(name: str) -> JsonValue:
    raise ValueError(f"{name} is no JSON number")


def _said(error: ValueError) -> str:
    # Parsing a whole number takes time quadratic in its digits, so Python has a limit.
    if "int_max_str_digits" in str(error):
        return f"a whole number has more than {sys.get_int_max_str_digits()} digits"
    return str(error)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _invalid(reason: str) -> Problem:
    return Problem(Code.INVALID_JSON, f"The body is no JSON that can be used: {reason}.")
