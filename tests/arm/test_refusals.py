"""What each answer of ARM means: by its code and who speaks, and nothing is guessed."""

import json
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from shared.arm.addresses import asked_of, of_account, of_accounts, segments_of
from shared.arm.pace import Paused
from shared.arm.refusals import (
    Answer,
    ArmRefused,
    Asked,
    Meaning,
    NotUnderstood,
    Where,
    link_refusal,
    refusal_of,
    unanswered,
    without_signatures,
)
from shared.model.integration_account import AccountId, Child
from tests.arm.scripted import ACCOUNT, SUBSCRIPTION

GATEWAY = {"x-ms-failure-cause": "gateway"}
CHILD = asked_of("GET", of_account(ACCOUNT, Child.PARTNERS, "Northwind"))
LIST = asked_of("GET", of_account(ACCOUNT, Child.PARTNERS))
ITSELF = asked_of("GET", of_account(ACCOUNT))
ALL = asked_of("GET", of_accounts(SUBSCRIPTION, "rg-b2b"))
WORKFLOW = asked_of(
    "GET",
    segments_of(
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Logic/workflows/w"
    ),
)
PUT = asked_of("PUT", of_account(ACCOUNT, Child.PARTNERS, "Northwind"))
HTML = b"<html><head><title>502 Bad Gateway</title></head></html>"


def refused(
    asked: Asked, status: int, code: str | bytes, headers: dict[str, str] | None = None
) -> ArmRefused:
    body = code
    if isinstance(code, str):
        body = json.dumps({"error": {"code": code, "message": "as ARM says it"}}).encode()
    assert isinstance(body, bytes)
    return refusal_of(asked, Answer(status, headers or {}, body))


@pytest.mark.parametrize(
    ("asked", "status", "code", "headers", "meaning"),
    [
        (ITSELF, 404, "ResourceNotFound", GATEWAY, Meaning.ACCOUNT_GONE),
        (ITSELF, 404, "ResourceNotFound", {}, Meaning.ACCOUNT_GONE),
        (LIST, 404, "ResourceNotFound", GATEWAY, Meaning.ACCOUNT_GONE),
        (CHILD, 404, "ResourceNotFound", GATEWAY, Meaning.ACCOUNT_GONE),
        (CHILD, 404, "ResourceNotFound", {}, Meaning.UNCLEAR),
        (LIST, 404, "ResourceNotFound", {}, Meaning.UNCLEAR),
        (PUT, 404, "ParentResourceNotFound", GATEWAY, Meaning.ACCOUNT_GONE),
        (CHILD, 404, "IntegrationAccountNotFound", {}, Meaning.ACCOUNT_GONE),
        (CHILD, 404, "ResourceGroupNotFound", GATEWAY, Meaning.GROUP_GONE),
        (ALL, 404, "ResourceGroupNotFound", GATEWAY, Meaning.GROUP_GONE),
        (ALL, 404, "SubscriptionNotFound", GATEWAY, Meaning.SUBSCRIPTION_GONE),
        (CHILD, 404, "PartnerNotFound", {}, Meaning.CHILD_GONE),
        (CHILD, 404, "AssemblyNotFound", {}, Meaning.CHILD_GONE),
        (CHILD, 404, "RosettaNetProcessConfigurationNotFound", {}, Meaning.CHILD_GONE),
        (CHILD, 404, "SessionNotFound", {"x-ms-failure-cause": "service"}, Meaning.CHILD_GONE),
        (CHILD, 404, "PartnerNotFound", GATEWAY, Meaning.REFUSED),
        (LIST, 404, "PartnerNotFound", {}, Meaning.REFUSED),
        (ITSELF, 404, "PartnerNotFound", {}, Meaning.REFUSED),
        (CHILD, 404, "InvalidResourceType", GATEWAY, Meaning.KIND_UNKNOWN),
        (LIST, 400, "NoRegisteredProviderFound", GATEWAY, Meaning.KIND_UNKNOWN),
        (LIST, 400, "InvalidApiVersionParameter", GATEWAY, Meaning.KIND_UNKNOWN),
        (LIST, 400, "BadRequest", {}, Meaning.REFUSED),
        (LIST, 404, "NotFound", {}, Meaning.REFUSED),
        (LIST, 409, "Conflict", {}, Meaning.REFUSED),
        (CHILD, 404, "WidgetNotFound", {}, Meaning.REFUSED),
        (CHILD, 404, "PartnerNotFoundYet", {}, Meaning.REFUSED),
        (CHILD, 404, "SomethingNew", {}, Meaning.REFUSED),
        (CHILD, 404, HTML, {}, Meaning.UNCLEAR),
        (CHILD, 404, b"", {}, Meaning.UNCLEAR),
        (CHILD, 404, b'{"code": "PartnerNotFound"}', {}, Meaning.UNCLEAR),
        (CHILD, 404, b'{"error": "PartnerNotFound"}', {}, Meaning.UNCLEAR),
        (CHILD, 404, b'{"error": {"code": null}}', {}, Meaning.UNCLEAR),
        (CHILD, 400, "ResourceGroupNotFound", GATEWAY, Meaning.UNCLEAR),
        (CHILD, 409, "ParentResourceNotFound", GATEWAY, Meaning.UNCLEAR),
        (WORKFLOW, 404, "ResourceNotFound", GATEWAY, Meaning.RESOURCE_GONE),
        (WORKFLOW, 404, "WorkflowNotFound", {}, Meaning.RESOURCE_GONE),
        (WORKFLOW, 404, "SomethingNew", {}, Meaning.REFUSED),
        (LIST, 401, "ExpiredAuthenticationToken", {}, Meaning.UNAUTHORIZED),
        (LIST, 401, "InvalidAuthenticationTokenTenant", {}, Meaning.UNAUTHORIZED),
        (LIST, 401, b"", {}, Meaning.UNAUTHORIZED),
        (LIST, 403, "AuthorizationFailed", {}, Meaning.FORBIDDEN),
        (LIST, 403, "RequestDisallowedByPolicy", {}, Meaning.FORBIDDEN),
        (LIST, 403, "SomethingNew", {}, Meaning.FORBIDDEN),
        (LIST, 403, HTML, {}, Meaning.UNCLEAR),
        (PUT, 409, "AnotherOperationInProgress", {}, Meaning.BUSY),
        (PUT, 429, "SubscriptionRequestsThrottled", {}, Meaning.BUSY),
        (LIST, 429, HTML, {}, Meaning.BUSY),
        (LIST, 502, HTML, {}, Meaning.UNAVAILABLE),
        (LIST, 503, "ServerTimeout", {}, Meaning.UNAVAILABLE),
        (LIST, 500, "InternalServerError", {}, Meaning.UNAVAILABLE),
        (LIST, 408, b"", {}, Meaning.UNAVAILABLE),
        (PUT, 412, "PreconditionFailed", {}, Meaning.CHANGED),
        (PUT, 412, HTML, {}, Meaning.UNCLEAR),
        (PUT, 413, "RequestEntityTooLarge", {}, Meaning.LIMIT),
        (PUT, 409, "IntegrationAccountPartnerQuotaExceeded", {}, Meaning.LIMIT),
        (PUT, 403, "QuotaExceeded", {}, Meaning.LIMIT),
        (PUT, 409, "ScopeLocked", {}, Meaning.REFUSED),
        (PUT, 400, "InvalidRequestContent", {}, Meaning.REFUSED),
        (PUT, 400, HTML, {}, Meaning.UNCLEAR),
        (LIST, 302, b"", {}, Meaning.UNCLEAR),
        (LIST, 302, "Moved", {}, Meaning.UNCLEAR),
    ],
)
def test_what_an_answer_means(
    asked: Asked, status: int, code: Any, headers: dict[str, str], meaning: Meaning
) -> None:
    assert refused(asked, status, code, headers).meaning is meaning


def test_addresses_say_what_they_are_of() -> None:
    assert [one.where for one in (ITSELF, LIST, CHILD, ALL, WORKFLOW)] == [
        Where.ACCOUNT,
        Where.LIST,
        Where.CHILD,
        Where.OTHER,
        Where.OTHER,
    ]
    assert CHILD.action == "Microsoft.Logic/integrationAccounts/partners/read"
    assert PUT.action == "Microsoft.Logic/integrationAccounts/partners/write"
    assert ALL.action == "Microsoft.Logic/integrationAccounts/read"
    assert WORKFLOW.action == "Microsoft.Logic/workflows/read"
    keys = asked_of("POST", of_account(ACCOUNT, "listKeyVaultKeys"))
    assert keys.action == "Microsoft.Logic/integrationAccounts/listKeyVaultKeys/action"
    assert keys.where is Where.ACCOUNT
    nested = segments_of(f"{ACCOUNT}/providers/Microsoft.Authorization/permissions")
    assert asked_of("GET", nested).action == "Microsoft.Authorization/permissions/read"
    assert asked_of("GET", nested).where is Where.OTHER
    group = segments_of(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g")
    assert asked_of("GET", group).where is Where.OTHER
    spelled = segments_of(str(ACCOUNT).upper())
    assert asked_of("GET", spelled).where is Where.ACCOUNT


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_lead_elsewhere_is_not_asked_for(name: str) -> None:
    with pytest.raises(ArmRefused) as gone:
        asked_of("GET", of_account(ACCOUNT, Child.PARTNERS, name))
    assert gone.value.meaning is Meaning.REFUSED


def test_a_name_may_be_a_word_of_arms_addresses() -> None:
    account = AccountId(SUBSCRIPTION, "providers", "providers")
    child = asked_of("GET", of_account(account, Child.PARTNERS, "providers"))
    assert (child.where, child.action) == (CHILD.where, CHILD.action)
    assert refused(child, 404, "PartnerNotFound").meaning is Meaning.CHILD_GONE
    assert asked_of("GET", of_account(account)).where is Where.ACCOUNT
    assert asked_of("GET", of_account(account, Child.PARTNERS)).where is Where.LIST


def test_a_scope_is_one_line_whatever_a_name_holds() -> None:
    asked = asked_of("GET", of_account(ACCOUNT, Child.SESSIONS, "a\r\nb"))
    assert asked.scope.endswith("/sessions/a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b")


def test_a_refused_action_is_told_with_who_asked() -> None:
    message = (
        "The client '2f7c1d0e-5b8a-4c6f-9e3d-2a1b0c9d8e7f' with object id "
        "'2f7c1d0e-5b8a-4c6f-9e3d-2a1b0c9d8e7f' does not have authorization to perform action "
        "'Microsoft.Logic/integrationAccounts/partners/read' over scope "
        f"'{ACCOUNT}/partners/Northwind' or the scope is invalid. If access was recently granted, "
        "please refresh your credentials."
    )
    body = json.dumps({"error": {"code": "AuthorizationFailed", "message": message}}).encode()
    told = refusal_of(LIST, Answer(403, {}, body))
    assert told.action == "Microsoft.Logic/integrationAccounts/partners/read"
    assert told.scope == f"{ACCOUNT}/partners/Northwind"
    assert told.identity == "2f7c1d0e-5b8a-4c6f-9e3d-2a1b0c9d8e7f"
    assert (told.status, told.code) == (403, "AuthorizationFailed")


def test_where_arm_names_no_action_the_request_does() -> None:
    told = refused(PUT, 403, "RequestDisallowedByPolicy")
    assert told.action == "Microsoft.Logic/integrationAccounts/partners/write"
    assert told.scope == f"{ACCOUNT}/partners/Northwind"
    assert told.identity == ""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "17"}, 17), ({"retry-after": "0"}, 1), ({}, 1), ({"retry-after": "x"}, 1)],
)
def test_throttling_says_how_long_to_wait_and_a_second_at_least(
    headers: dict[str, str], seconds: float
) -> None:
    assert refused(LIST, 429, "TooManyRequests", headers).retry_after == seconds


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (ServiceRequestError("https://a.example/?sig=secret"), Meaning.UNAVAILABLE),
        (ClientAuthenticationError("no identity at https://a.example/?sig=secret"), None),
        (NotUnderstood("200 without JSON"), Meaning.UNCLEAR),
        (Paused(40), Meaning.BUSY),
    ],
)
def test_no_answer_is_never_a_success_and_its_text_is_not_told(
    error: Any, meaning: Meaning | None
) -> None:
    told = unanswered(LIST, error)
    assert told.meaning is (meaning or Meaning.UNAUTHORIZED)
    assert "sig=" not in f"{told} {told.message} {told!r}"
    assert told.retry_after == (40 if meaning is Meaning.BUSY else 0)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (401, Meaning.CONTENT_UNREADABLE),
        (403, Meaning.CONTENT_UNREADABLE),
        (404, Meaning.CONTENT_UNREADABLE),
        (302, Meaning.UNCLEAR),
        (400, Meaning.UNCLEAR),
        (409, Meaning.UNCLEAR),
        (416, Meaning.UNCLEAR),
        (429, Meaning.UNAVAILABLE),
        (500, Meaning.UNAVAILABLE),
        (503, Meaning.UNAVAILABLE),
    ],
)
def test_what_the_host_of_a_link_means(status: int, meaning: Meaning) -> None:
    assert link_refusal(CHILD, Answer(status, {}, b"")).meaning is meaning


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (
            "The link https://a.example/b?sv=1&sig=s%2B is bad",
            "The link https://a.example/b?… is bad",
        ),
        ("'https://a.example/b?sig=s'", "'https://a.example/b?…'"),
        ("HTTPS://A.example/b?SIG=s", "HTTPS://A.example/b?…"),
        ("with sig=abc&sp=r", "with sig=…&sp=r"),
        ("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.sig-1", "token …"),
        ("one\nline\x1b[0m", "one line [0m"),
        ("plain", "plain"),
    ],
)
def test_texts_of_arm_are_told_without_signatures(text: str, plain: str) -> None:
    assert without_signatures(text) == plain


def test_a_long_text_is_cut() -> None:
    assert len(without_signatures("x" * 5000)) < 700
