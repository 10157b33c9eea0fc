"""What ARM answers: one table of its error codes, and what each means for an integration account.

No other module of this room decides by a status. One status has many meanings: 404 says that an
account is gone, that its group is, or one partner of it; and the header ``x-ms-failure-cause`` says
which of ARM and the service behind it speaks. What is not in the table is never taken for gone.

An answer is ARM's only where it is JSON with ARM's member ``error``: pages of proxies are not.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from azure.core.exceptions import AzureError, ClientAuthenticationError

from shared.model.integration_account import Child
from shared.model.wire import JsonObject, parsed
from shared.rules.integration_accounts.verbatim import faithful
from shared.storage.retrying import asked_to_wait


class Meaning(Enum):
    """What a refusal says about the request."""

    ACCOUNT_GONE = "there is no such integration account"
    GROUP_GONE = "there is no such resource group"
    SUBSCRIPTION_GONE = "there is no such subscription"
    CHILD_GONE = "the account has no such resource"
    RESOURCE_GONE = "there is no such resource"
    FORBIDDEN = "the app's identity may not do this"
    UNAUTHORIZED = "the app's identity has no token that is accepted"
    BUSY = "too many requests: the same one may succeed later"
    UNAVAILABLE = "no answer, or a fault"
    CHANGED = "it is not as the condition wants it"
    LIMIT = "the account's tier holds no more, or what was sent is too large"
    UNCLEAR = "nothing that ARM answers"
    CONTENT_UNREADABLE = "the content cannot be read as the account describes it"
    ELSEWHERE = "a link that leads elsewhere"
    KIND_UNKNOWN = "Azure has no such kind of resource there"
    REFUSED = "it was refused"


GONE = frozenset(
    {
        Meaning.ACCOUNT_GONE,
        Meaning.GROUP_GONE,
        Meaning.SUBSCRIPTION_GONE,
    }
)
"""The account cannot be there. This is not to be taken for an account that is empty."""


class Where(Enum):
    """What an address is of."""

    ACCOUNT = "an integration account"
    LIST = "the resources of one kind of an account"
    CHILD = "one resource of an account"
    OTHER = "anything else"


@dataclass(frozen=True)
class Asked:
    """What a request is for, in ARM's words.

    :param action: what a role must allow, such as ``Microsoft.Logic/integrationAccounts/read``.
    :param scope: ARM id of what it is done to.
    """

    method: str
    where: Where
    action: str
    scope: str


@dataclass(frozen=True)
class Answer:
    """An answer that was read to its end."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def is_one_of(self, *statuses: int) -> bool:
        """Whether it has one of these statuses."""
        return self.status in statuses


class ArmRefused(Exception):
    """ARM, or the host of a content link, did not do what was asked.

    :param meaning: what that says about the request.
    :param code: ARM's own error code, empty where it gave none.
    :param message: ARM's own words, without signatures; empty where it gave none.
    :param action: the action that was refused.
    :param scope: ARM id of what it was to be done to.
    :param status: HTTP status, 0 where there was no answer.
    :param identity: who asked, as ARM names the caller; empty where it does not.
    :param retry_after: seconds after which the same request may succeed, 0 where nobody said.
    """

    def __init__(
        self,
        meaning: Meaning,
        asked: Asked,
        *,
        code: str = "",
        message: str = "",
        status: int = 0,
        action: str = "",
        scope: str = "",
        identity: str = "",
        retry_after: float = 0.0,
    ) -> None:
        self.meaning = meaning
        self.code = code
        self.message = message
        self.status = status
        self.action = action or asked.action
        self.scope = scope or asked.scope
        self.identity = identity
        self.retry_after = retry_after
        answered = f" ({f'{status or str()} {code}'.strip()})" if status or code else ""
        super().__init__(f"{self.action} of {self.scope}: {meaning.value}{answered}")


_CODES: dict[Meaning, tuple[str, ...]] = {
    Meaning.ACCOUNT_GONE: ("IntegrationAccountNotFound", "ParentResourceNotFound"),
    Meaning.GROUP_GONE: ("ResourceGroupNotFound",),
    Meaning.SUBSCRIPTION_GONE: ("SubscriptionNotFound",),
    Meaning.RESOURCE_GONE: ("WorkflowNotFound",),
    Meaning.FORBIDDEN: (
        "AuthorizationFailed",
        "DenyAssignmentAuthorizationFailed",
        "LinkedAuthorizationFailed",
    ),
    Meaning.UNAUTHORIZED: (
        "AuthenticationFailed",
        "ExpiredAuthenticationToken",
        "InvalidAuthenticationToken",
        "InvalidAuthenticationTokenTenant",
    ),
    Meaning.BUSY: (
        "AnotherOperationInProgress",
        "ResourceRequestsThrottled",
        "SubscriptionRequestsThrottled",
        "TenantRequestsThrottled",
        "TooManyRequests",
    ),
    Meaning.UNAVAILABLE: (
        "BadGateway",
        "GatewayTimeout",
        "InternalServerError",
        "ServerTimeout",
        "ServiceUnavailable",
    ),
    Meaning.CHANGED: ("ConditionNotMet", "PreconditionFailed"),
    Meaning.KIND_UNKNOWN: (
        "InvalidApiVersionParameter",
        "InvalidResourceType",
        "NoRegisteredProviderFound",
        "UnsupportedApiVersion",
    ),
    Meaning.LIMIT: (
        "QuotaExceeded",
        "RequestContentTooLarge",
        "RequestEntityTooLarge",
        "RequestTooLarge",
    ),
}
_MEANS = {code: what for what, codes in _CODES.items() for code in codes}

_LIMITS = re.compile(r"(?:Quota|Limit)\w*(?:Exceeded|Reached)")
_NO_CHILD = re.compile(
    r"(?:IntegrationAccount)?(?:Partner|Agreement|Schema|Map|Assembly|Certificate|Session|Artifact"
    r"|Batch(?:Configuration)?|RosettaNet(?:Process)?(?:Configuration)?|ProcessConfiguration)"
    r"NotFound",
    re.IGNORECASE,
)
"""The service answers a batch configuration that is gone as an assembly: any of these will do."""

_RESOURCE = "ResourceNotFound"
_CAUSE = "x-ms-failure-cause"
_GATEWAY = "gateway"

_NOT_FOUND = 404
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_CHANGED = 412
_TOO_LARGE = 413
_THROTTLED = 429
_TIMED_OUT = 408
_FAULTS = 500
_LINK_ENDED = frozenset({_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND})
_LEAST_PAUSE = 1.0
"""Seconds, where ARM throttles and asks for no time at all."""

_UNTIL_A_FAULT_PASSES = 503

_MOST_MESSAGE = 600
_LINK = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://[^\s?#'\"<>]*)[?#][^\s'\"<>]*")
_SIGNATURE = re.compile(r"(?i)\b(sig|signature|code|key|token)=[^\s&'\"<>]+")
_TOKEN = re.compile(r"\beyJ[\w-]{3,}(?:\.[\w-]*)*|(?<=Bearer )\S+")
_ACTION = re.compile(r"perform action '([\w./*-]{1,200})'")
_SCOPE = re.compile(r"over scope '([^'\s?]{1,500})'")
_CALLER = re.compile(r"[Cc]lient '([^'\s]{0,120})' with object id '([0-9A-Za-z-]{1,64})'")


class NotUnderstood(AzureError):
    """An answer that looks like a success and is none that ARM gives: it is asked again."""


def heard(answer: Any) -> Answer:
    """The answer of a transport whose body was read."""
    return Answer(int(answer.status_code), _lower(answer.headers), answer.content)


def heading(answer: Any) -> Answer:
    """The answer of a transport without its body, which was read elsewhere or is not wanted."""
    return Answer(int(answer.status_code), _lower(answer.headers), b"")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): headers[name] for name in headers}


def pause_of(answer: Any) -> float:
    """Seconds for which nothing more of this kind should be sent, 0 where it may go on."""
    status, asked = int(answer.status_code), asked_to_wait(answer.headers)
    if status == _THROTTLED:
        return max(asked, _LEAST_PAUSE)
    return asked if status == _UNTIL_A_FAULT_PASSES else 0.0


def is_without_token(answer: Answer) -> bool:
    """Whether the token was not accepted: it may have ended."""
    return answer.status == _UNAUTHORIZED


def is_ended_link(answer: Answer) -> bool:
    """Whether a content link is not valid any more, or never was."""
    return answer.status in _LINK_ENDED


def object_in(answer: Answer) -> JsonObject:
    """The JSON object that an answer is, nothing of it changed: what a parser would change is in it
    as its text.

    :raises NotUnderstood: if it is none.
    """
    try:
        text = answer.body.decode(json.detect_encoding(answer.body), "surrogatepass")
        return faithful(text)
    except ValueError:
        raise NotUnderstood(f"{answer.status} without a JSON object") from None


def refusal_of(asked: Asked, answer: Answer) -> ArmRefused:
    """What an answer of ARM means that is no success."""
    code, message = _error_in(answer.body)
    caller = _CALLER.search(message)
    action, scope = _ACTION.search(message), _SCOPE.search(message)
    return ArmRefused(
        _meaning(asked, answer, code),
        asked,
        code=code,
        message=without_signatures(message),
        status=answer.status,
        action=action[1] if action else "",
        scope=scope[1] if scope else "",
        identity=caller[2] if caller else "",
        retry_after=max(
            asked_to_wait(_spelled(answer)),
            _LEAST_PAUSE if answer.status == _THROTTLED else 0.0,
        ),
    )


def link_refusal(asked: Asked, answer: Answer) -> ArmRefused:
    """What an answer of a content link's host means that is no success."""
    if is_ended_link(answer):
        meaning = Meaning.CONTENT_UNREADABLE
    elif answer.is_one_of(_THROTTLED, _TIMED_OUT) or answer.status >= _FAULTS:
        meaning = Meaning.UNAVAILABLE
    else:
        meaning = Meaning.UNCLEAR
    wait = asked_to_wait(_spelled(answer))
    return ArmRefused(meaning, asked, status=answer.status, retry_after=wait)


def unanswered(asked: Asked, error: AzureError) -> ArmRefused:
    """What it means that there was no answer, or none that could be read. The error's own text is
    not passed on: it may have the address, and with it a signature."""
    wait = float(getattr(error, "retry_after_seconds", 0.0))
    if isinstance(error, NotUnderstood):
        return ArmRefused(Meaning.UNCLEAR, asked, message=str(error))
    if isinstance(error, ClientAuthenticationError):
        return ArmRefused(Meaning.UNAUTHORIZED, asked, message="No token was given")
    if wait:
        return ArmRefused(Meaning.BUSY, asked, retry_after=wait)
    return ArmRefused(Meaning.UNAVAILABLE, asked, message=type(error).__name__)


def is_kind_unknown(child: Child, refused: ArmRefused) -> bool:
    """Whether Azure says that an account has no resources of a kind, as it may of RosettaNet's,
    which only an old api-version has. Any other refusal says nothing of what there is."""
    return child is Child.ROSETTANET_PROCESSES and refused.meaning is Meaning.KIND_UNKNOWN


def _meaning(asked: Asked, answer: Answer, code: str) -> Meaning:
    status, known = answer.status, _MEANS.get(code)
    if status == _UNAUTHORIZED:
        return Meaning.UNAUTHORIZED
    if status == _THROTTLED:
        return Meaning.BUSY
    if status >= _FAULTS or status == _TIMED_OUT:
        return Meaning.UNAVAILABLE
    if not code:
        return Meaning.UNCLEAR
    if status == _NOT_FOUND:
        return _gone(asked, answer, code)
    if known in GONE or known is Meaning.RESOURCE_GONE:
        return Meaning.UNCLEAR
    if known is not None:
        return known
    by_status = {
        _FORBIDDEN: Meaning.FORBIDDEN,
        _CHANGED: Meaning.CHANGED,
        _TOO_LARGE: Meaning.LIMIT,
    }
    if status in by_status:
        return by_status[status]
    if _LIMITS.search(code):
        return Meaning.LIMIT
    return Meaning.REFUSED if status >= 400 else Meaning.UNCLEAR


def _gone(asked: Asked, answer: Answer, code: str) -> Meaning:
    """What is gone, by a 404: the code's own, or what the address is of."""
    by_arm = answer.headers.get(_CAUSE, "").lower() == _GATEWAY
    known = _MEANS.get(code)
    if known in (Meaning.GROUP_GONE, Meaning.SUBSCRIPTION_GONE, Meaning.KIND_UNKNOWN):
        return known
    if known is Meaning.ACCOUNT_GONE:
        return known if asked.where is not Where.OTHER else Meaning.RESOURCE_GONE
    if known is Meaning.RESOURCE_GONE or (code == _RESOURCE and asked.where is Where.OTHER):
        return Meaning.RESOURCE_GONE if asked.where is Where.OTHER else Meaning.UNCLEAR
    if code == _RESOURCE:
        # ARM's own 404 for a child is of the account around it. The service's would be of the
        # child, and is not recorded with this code.
        return Meaning.ACCOUNT_GONE if by_arm or asked.where is Where.ACCOUNT else Meaning.UNCLEAR
    if asked.where is Where.CHILD and not by_arm and _NO_CHILD.fullmatch(code):
        return Meaning.CHILD_GONE
    return Meaning.REFUSED


def _error_in(body: bytes) -> tuple[str, str]:
    """Code and message of ARM's error, empty where the body is none."""
    try:
        found = parsed(body)
    except (ValueError, RecursionError):
        return "", ""
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return "", ""
    code, message = error.get("code"), error.get("message")
    return (
        code[:100] if isinstance(code, str) else "",
        message if isinstance(message, str) else "",
    )


def _spelled(answer: Answer) -> Mapping[str, str]:
    """The headers by which storage and ARM ask to wait, as they are looked for."""
    return {
        name: answer.headers[name.lower()]
        for name in ("x-ms-retry-after-ms", "Retry-After")
        if name.lower() in answer.headers
    }


def without_signatures(text: str) -> str:
    """A text of ARM for people: a line of limited length, links without their query, no tokens."""
    plain = _LINK.sub(r"\1?…", text)
    plain = _TOKEN.sub("…", _SIGNATURE.sub(r"\1=…", plain))
    line = "".join(c if c.isprintable() else " " for c in plain).strip()
    return line if len(line) <= _MOST_MESSAGE else line[:_MOST_MESSAGE] + "…"
