"""Links of services to integration accounts: the request, and what is stored of a link."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from shared.model.integration_account import AccountFacts, Child, PushedAccount, tier_of
from shared.model.problem import Code
from shared.model.wire import AS_WHOLE, JsonObject, JsonValue, Stored, Text, Time, Wire

RECORDED = "integrationAccount"
"""The member of a service's settings that says which account it holds the state of: the one that a
pull brought last, or a restore. A link alone does not write it. Backups carry it."""

PUSHED_INTO = "pushedInto"
"""The member of a backup's settings that says which accounts numbers of the service were pushed
into."""

_VERSIONS = "apiVersions"
_OTHERS = "resource"
_OF_FACTS = ("pullMinutes", "seenAt", "former")
"""What the directory knows of an account and no answer of ARM says; backups carry it."""

LEAST_MINUTES, MOST_MINUTES = 5, 1_440
"""How often sessions may be pulled between two full pulls."""


class LinkBody(Wire):
    """Body of PUT services/{service}/integration-account."""

    resource_id: Annotated[Text, Field(min_length=1)]
    """The ARM id of the account."""
    pull_minutes: (
        Annotated[int, Field(ge=LEAST_MINUTES, le=MOST_MINUTES, strict=True), AS_WHOLE] | None
    ) = None
    """Every how many minutes its sessions are pulled; left out, only full pulls bring them."""


class AccountProperties(Stored):
    """An account's own resource, as far as a service keeps it."""

    sku: str = ""
    """The name of its tier, as ARM gave it; empty where ARM gave none."""
    location: str = ""
    state: str = ""
    """``Enabled``, ``Disabled``, or what ARM calls it; empty where ARM gave none."""
    tags: JsonObject = Field(default_factory=dict, repr=False)

    @staticmethod
    def of(resource: JsonObject) -> "AccountProperties":
        """Those of a resource that ARM gave."""
        sku, properties = resource.get("sku"), resource.get("properties")
        tags = resource.get("tags")
        return AccountProperties(
            sku=_text(sku.get("name")) if isinstance(sku, dict) else "",
            location=_text(resource.get("location")),
            state=_text(properties.get("state")) if isinstance(properties, dict) else "",
            tags=tags if isinstance(tags, dict) else {},
        )

    def facts(self, resource_id: str, *, linked: bool) -> AccountFacts:
        """What the directory keeps of them."""
        return AccountFacts(
            resource_id=resource_id, sku=tier_of(self.sku), location=self.location, linked=linked
        )

    def recorded(
        self,
        resource_id: str,
        versions: Mapping[str, str] = MappingProxyType({}),
        others: Mapping[str, JsonValue] = MappingProxyType({}),
    ) -> JsonObject:
        """What the service's settings say of it.

        :param versions: the api-version by which each kind of its resources was read last.
        :param others: all other members of the account's own resource, as they were read last.
        """
        read: JsonObject = {_VERSIONS: dict(sorted(versions.items()))} if versions else {}
        beside: JsonObject = {_OTHERS: dict(others)} if others else {}
        return {RECORDED: {"resourceId": resource_id, **self.to_json(), **read, **beside}}


class PullFailure(Stored):
    """Why a pull failed, and when that was."""

    code: str
    """That of its error, such as IntegrationAccountNotFound for an account that is lost."""
    at: Time


class Link(Stored):
    """A service's link to an account, and how its pulls went."""

    service: str
    service_id: str
    resource_id: str
    pull_minutes: int | None = None
    linked_at: Time
    linked_by: str
    account: AccountProperties = Field(default_factory=AccountProperties)
    """As last read."""
    counts: dict[Child, int] = Field(default_factory=dict)
    """How many of each kind the last full pull found."""
    last_pull_at: Time | None = None
    """When the last full pull that ended began to read the account: what was done there since is
    not known."""
    last_pull_status: str | None = None
    """The status of the operation of the last full pull."""
    last_pull_operation: str | None = None
    """Id of that operation."""
    pull_failure: PullFailure | None = None
    """Why the last full pull failed; None where it did not."""
    last_session_pull_at: Time | None = None
    """When the last reading of the sessions began, by a full pull or between two: numbers that the
    account issued since are not known."""
    sessions_failure: PullFailure | None = None
    """Why the sessions could not be pulled between two full pulls; None since they were."""
    not_pulled_told_at: Time | None = None
    """When an alert said last that sessions could not be pulled; None since they were."""
    next_pull_at: Time | None = None
    """When sessions are pulled next; None without ``pull_minutes``."""

    @property
    def key(self) -> str:
        """That of the account: the same for every spelling of its id."""
        return self.resource_id.lower()

    @property
    def failure(self) -> PullFailure | None:
        """Why nothing is pulled for now: that the account is gone, whichever pull saw it, before
        all else; None where nothing failed last."""
        failures = [one for one in (self.pull_failure, self.sessions_failure) if one is not None]
        gone = [one for one in failures if one.code == Code.INTEGRATION_ACCOUNT_NOT_FOUND]
        return next(iter([*gone, *failures]), None)


class Claim(Stored):
    """Which service has an account: what makes a link the only one of its account.

    It is made before the directory says that the service is linked, and confirmed after that:
    written again as it is, on the version that was made. One that the directory does not bear out
    may be taken over.
    """

    resource_id: str
    service: str
    service_id: str
    operation: str
    """Id of the operation that made it."""

    @property
    def key(self) -> str:
        """That of the account: the same for every spelling of its id."""
        return self.resource_id.lower()


def recorded_account(settings: JsonObject) -> JsonObject:
    """The member of a service's settings that says which account it holds; empty for none."""
    found = settings.get(RECORDED)
    return {RECORDED: found} if isinstance(found, dict) else {}


def recorded_tags(settings: JsonObject) -> JsonObject:
    """The tags of the account that a service's settings name, as ARM takes them; empty for none."""
    found = settings.get(RECORDED)
    tags = found.get("tags") if isinstance(found, dict) else None
    if not isinstance(tags, dict):
        return {}
    return {name: value for name, value in tags.items() if isinstance(value, str)}


def recorded_versions(settings: JsonObject, resource_id: str) -> dict[str, str]:
    """The api-version by which each kind of an account's resources was read last, as settings say;
    empty where they are of another account, or nothing was read yet."""
    found = settings.get(RECORDED)
    if not isinstance(found, dict) or _text(found.get("resourceId")).lower() != resource_id.lower():
        return {}
    versions = found.get(_VERSIONS)
    return {k: _text(v) for k, v in versions.items()} if isinstance(versions, dict) else {}


def recorded_others(settings: JsonObject) -> JsonObject:
    """The other members of the account's own resource, as settings say."""
    found = settings.get(RECORDED)
    others = found.get(_OTHERS) if isinstance(found, dict) else None
    return others if isinstance(others, dict) else {}


def recorded_state(settings: JsonObject) -> str:
    """The state of the account that settings name, as it was last read; empty where none is
    known."""
    found = settings.get(RECORDED)
    return _text(found.get("state")) if isinstance(found, dict) else ""


def settings_with_account(settings: JsonObject, facts: AccountFacts | None) -> JsonObject:
    """A service's settings as a backup carries them: with the account that what it holds came from,
    and what the directory knows of that one and of those before it. An account that the service is
    merely linked to is none of them."""
    found, latest = recorded_facts(settings), facts.latest if facts is not None else None
    if facts is None or latest is None:
        return settings
    recorded = recorded_account(settings)
    if found is None or found.key != latest.key:
        # A push brought the sessions of another account than the last pull.
        known = AccountProperties(sku=latest.sku, location=latest.location)
        recorded = known.recorded(latest.resource_id)
    former = [one for one in facts.former if one.key != latest.key]
    told = facts.model_copy(update={"seen_at": latest.seen_at, "former": former}).to_json()
    account = recorded[RECORDED]
    assert isinstance(account, dict)
    said = {name: told[name] for name in _OF_FACTS if told.get(name) not in (None, [])}
    kept = {name: value for name, value in account.items() if name not in _OF_FACTS}
    return {**settings, RECORDED: {**kept, **said}}


def settings_with_pushed(settings: JsonObject, pushed: Sequence[PushedAccount]) -> JsonObject:
    """A service's settings as a backup carries them: with the accounts that its numbers were pushed
    into, as the directory knows them."""
    kept = {name: value for name, value in settings.items() if name != PUSHED_INTO}
    return {**kept, PUSHED_INTO: [one.to_json() for one in pushed]} if pushed else kept


def recorded_pushed(settings: JsonObject) -> list[PushedAccount] | None:
    """The accounts that numbers were pushed into, as a backup's settings say; None for none."""
    found = settings.get(PUSHED_INTO)
    if not isinstance(found, list):
        return None
    return [PushedAccount.model_validate(one) for one in found]


def recorded_facts(settings: JsonObject) -> AccountFacts | None:
    """What the directory knows of the account that settings name, for a service that holds its
    state and is not linked; None where they name none."""
    found = settings.get(RECORDED)
    resource_id = _text(found.get("resourceId")) if isinstance(found, dict) else ""
    if not isinstance(found, dict) or not resource_id:
        return None
    known = AccountProperties(sku=_text(found.get("sku")), location=_text(found.get("location")))
    facts = known.facts(resource_id, linked=False)
    said = {name: found[name] for name in _OF_FACTS if name in found}
    return AccountFacts.model_validate({**facts.to_json(), **said})


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
