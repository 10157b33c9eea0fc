"""What routes answer is what the OpenAPI document says: its schemas, its examples, its codes."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from shared.model.problem import Code
from shared.web.api.answers import examples, shapes
from shared.web.api.document import document
from shared.web.api.error_examples import error_example
from tests.app.answers import Answers, answers
from tests.integration_accounts.linked import account
from tests.support.api import Api, Reply
from tests.support.arm import Arm, account_id
from tests.support.declared import SHOWN, places
from tests.support.deployed import Deployed, Emulator
from tests.support.elsewhere import another_installation, backed_up

ALONE = True
"""Lists show what others made, and deep health what others broke."""

OPEN = ("document", "parameters", "result", "sections", "details", "error", "origins")
"""Members whose own members differ from one answer to the next."""

FREE = {"get_openapi"}
"""Whose answer is this very document."""


def closed(schema: Any) -> Any:
    """The same schemas, taking no member that they do not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {name: closed(member) for name, member in schema.items()}
    if shut.get("type") == "object" and "properties" in shut:
        shut.setdefault("additionalProperties", False)
    return shut


def validator(status: int, operation: Any, whole: Any) -> Draft202012Validator:
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": whole["components"]})


def shape_of(value: Any) -> set[str]:
    """The places of a value's members, but for those that differ anyway."""
    return {
        place
        for place in places(value)
        if not any(f"/{name}/" in place or f"/{name}[]" in place for name in OPEN)
    }


@pytest.fixture(scope="module")
def azure() -> Iterator[Arm]:
    """One that holds the accounts of this module alone: a list shows its first."""
    with Arm() as found:
        yield found


@pytest.fixture(scope="module")
def whole() -> Any:
    return closed(document())


@pytest.fixture(scope="module")
def operations(whole: Any) -> dict[str, Any]:
    return {one["operationId"]: one for path in whole["paths"].values() for one in path.values()}


async def test_every_route_answers_what_the_document_says(
    api: Api,
    deployed: Deployed,
    emulator: Emulator,
    azure: Arm,
    whole: Any,
    operations: dict[str, Any],
) -> None:
    azure.load([account(account_id(f"answering-{n}")) for n in range(2)])
    async with another_installation(deployed, emulator, same_key=True) as app:
        _, foreign = await backed_up(app, "scheduled")
    heard = await answers(api, foreign, account_id("answering-0"))
    assert {route for route, _, _ in heard} == {one.name for one in SHOWN}
    wrong = [line for answer in heard for line in misfits(*answer, whole, operations)]
    assert wrong == []
    assert examples_unlike(heard) == []


def misfits(
    route: str, asked: str, reply: Reply, whole: Any, operations: dict[str, Any]
) -> list[str]:
    """Where an answer does not fit the schema of its status."""
    if reply.body is None or route in FREE:
        return []
    check = validator(reply.status, operations[route], whole)
    return [
        f"{route} {reply.status} {asked}: {error.json_path}: {error.message[:300]}"
        for error in check.iter_errors(reply.body)
    ]


def examples_unlike(heard: Answers) -> list[str]:
    """Examples with members that no such answer had, and members of an answer that none shows."""
    real: dict[tuple[str, int, str], set[str]] = {}
    for route, asked, reply in heard:
        if reply.body is not None:
            real.setdefault((route, reply.status, asked), set()).update(shape_of(reply.body))
    wrong = []
    for route, status, asked in real:
        if route in FREE:
            continue
        found = examples(route, status)
        if asked in found:
            shown = shape_of(found[asked])
            had = real[route, status, asked]
            wrong += [f"{route} {status} {asked}: {place}" for place in sorted(shown ^ had)]
        elif not asked:
            wrong.append(f"{route} {status} has no example")
    return wrong


@pytest.mark.parametrize("declared", SHOWN, ids=lambda one: one.name)
def test_every_good_answer_has_a_schema_and_an_example_that_fits(
    declared: Any, whole: Any, operations: dict[str, Any]
) -> None:
    for status in declared.answers:
        if status in (204, 304) or declared.name in {*FREE, "get_docs"}:
            continue
        shown = examples(declared.name, status)
        assert shown, f"{status} has no example"
        if declared.gives_bytes:
            continue
        assert shapes(declared, status), f"{status} has no schema"
        check = validator(status, operations[declared.name], whole)
        for value in shown.values():
            check.validate(value)


@pytest.mark.parametrize("code", Code)
def test_every_error_has_an_example_that_fits(code: Code, whole: Any) -> None:
    schema = {"$ref": "#/components/schemas/Error", "components": whole["components"]}
    value = error_example(code)
    Draft202012Validator(schema).validate(value)
    assert value["error"]["code"] == code
