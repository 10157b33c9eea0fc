"""What there is: subscriptions, groups, accounts with all that they hold, workflows."""

import base64
import copy
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from localhost.arm.kinds import ACCOUNTS, KINDS, PROVIDER, WORKFLOWS, Kind
from localhost.arm.refused import Refused, group_gone, resource_gone, subscription_gone
from localhost.arm.times import Ticks, content_version, session_etag, stamp

JsonObject = dict[str, Any]


@dataclass
class Item:
    """A resource of an account.

    :param beside: members beside ``properties`` that are stored: ``tags``, ``location``.
    :param content: what a content link leads to.
    :param version: of the content; another one with each write.
    """

    kind: Kind
    name: str
    properties: JsonObject
    created: str
    changed: str
    beside: JsonObject = field(default_factory=dict)
    etag: str = ""
    content: bytes | None = None
    content_type: str = ""
    version: str = ""


@dataclass
class Account:
    """An account; ``key`` is its name in links."""

    subscription: str
    group: str
    name: str
    resource: JsonObject
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    """By kind and name, both in lower case."""

    @property
    def id(self) -> str:
        """Its ARM id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
            f"/providers/{PROVIDER}/{ACCOUNTS}/{self.name}"
        )

    def of(self, kind: Kind) -> dict[str, Item]:
        """Its resources of a kind, by their names in lower case."""
        return self.items.setdefault(kind.name.lower(), {})

    def find(self, kind: Kind, name: str) -> Item:
        """One resource.

        :raises Refused: where there is none.
        """
        found = self.of(kind).get(name.lower())
        if found is None:
            raise Refused(404, kind.gone, f"Account {self.name!r} holds no {kind.noun} {name!r}.")
        return found

    @property
    def tier(self) -> str:
        """Its pricing tier."""
        return str(self.resource.get("sku", {}).get("name", "NotSpecified"))


@dataclass
class Group:
    """A resource group."""

    subscription: str
    name: str
    location: str
    accounts: dict[str, Account] = field(default_factory=dict)
    """By their names in lower case."""
    workflows: dict[str, JsonObject] = field(default_factory=dict)
    """Their resources, by their names in lower case."""


class State:
    """All of it. Methods run to their end at once: one event loop calls them, or a test does
    between two requests."""

    def __init__(self) -> None:
        self.now = Ticks()
        self.subscriptions: dict[str, str] = {}
        self.groups: dict[tuple[str, str], Group] = {}
        self.vaults: dict[str, dict[str, list[str]]] = {}
        """The keys of vaults and their versions, by the vault's ARM id in lower case. While
        there is no vault, any key of any vault is taken to be there."""

    def subscription(self, subscription: str) -> str:
        """A subscription, as it is spelled.

        :raises Refused: where there is none.
        """
        found = self.subscriptions.get(subscription.lower())
        if found is None:
            raise subscription_gone(subscription)
        return found

    def group(self, subscription: str, group: str) -> Group:
        """A resource group.

        :raises Refused: where there is none.
        """
        self.subscription(subscription)
        found = self.groups.get((subscription.lower(), group.lower()))
        if found is None:
            raise group_gone(group)
        return found

    def account(self, subscription: str, group: str, name: str) -> Account:
        """An account.

        :raises Refused: where there is none, or not even its group.
        """
        found = self.group(subscription, group).accounts.get(name.lower())
        if found is None:
            raise resource_gone(ACCOUNTS, name, group)
        return found

    def workflow(self, subscription: str, group: str, name: str) -> JsonObject:
        """A workflow's resource.

        :raises Refused: where there is none, or not even its group.
        """
        found = self.group(subscription, group).workflows.get(name.lower())
        if found is None:
            raise resource_gone(WORKFLOWS, name, group)
        return found

    def accounts(self, subscription: str, group: str | None = None) -> list[Account]:
        """All accounts of a subscription or one of its groups, in the order of their ids.

        :raises Refused: where there is no such place.
        """
        found = [
            one for place in self._places(subscription, group) for one in place.accounts.values()
        ]
        return sorted(found, key=lambda one: one.id.lower())

    def workflows(self, subscription: str, group: str | None = None) -> list[JsonObject]:
        """All workflows' resources of a subscription or one of its groups, in the order of their
        ids.

        :raises Refused: where there is no such place.
        """
        found = [
            one for place in self._places(subscription, group) for one in place.workflows.values()
        ]
        return sorted(found, key=lambda one: str(one["id"]).lower())

    def _places(self, subscription: str, group: str | None) -> list[Group]:
        if group is not None:
            return [self.group(subscription, group)]
        self.subscription(subscription)
        return [one for (owner, _), one in self.groups.items() if owner == subscription.lower()]

    def add_group(self, subscription: str, group: str, location: str = "westus") -> Group:
        """A resource group; made, with its subscription, where there is none."""
        self.subscriptions.setdefault(subscription.lower(), subscription)
        return self.groups.setdefault(
            (subscription.lower(), group.lower()),
            Group(self.subscription(subscription), group, location),
        )

    def add_account(
        self, subscription: str, group: str, name: str, resource: JsonObject
    ) -> Account:
        """An account; of one that is there, its own members are replaced."""
        place = self.add_group(subscription, group)
        found = place.accounts.get(name.lower())
        if found is None:
            found = Account(place.subscription, place.name, name, {})
            place.accounts[name.lower()] = found
        defaults = {"properties": {}, "sku": {"name": "Standard"}, "location": place.location}
        found.resource = {**defaults, **copy.deepcopy(resource)}
        return found

    def load(self, resources: Iterable[JsonObject]) -> None:
        """Put resources there as they are, without a check: accounts, what is in them, workflows.

        :param resources: each with its ``id`` and ``properties``, members beside them, and where
            it has content, ``content`` (text) or ``contentBase64``, and ``contentType``. Times
            and ETags are kept where they are given.
        :raises ValueError: where an id is none of these.
        """
        for resource in resources:
            self._load(resource)

    def _load(self, resource: JsonObject) -> None:
        parts = str(resource["id"]).strip("/").split("/")
        if len(parts) not in (8, 10) or parts[5].lower() != PROVIDER.lower():
            raise ValueError(
                f"{resource['id']} is no id of an account, its resources or a workflow"
            )
        subscription, group, what, name = parts[1], parts[3], parts[6].lower(), parts[7]
        own = {k: v for k, v in resource.items() if k not in _NOT_STORED}
        if what == WORKFLOWS:
            place = self.add_group(subscription, group)
            place.workflows[name.lower()] = {**copy.deepcopy(own), "id": "/" + "/".join(parts)}
        elif what != ACCOUNTS.lower():
            raise ValueError(f"{resource['id']} is no account and no workflow")
        elif len(parts) == 8:
            self.add_account(subscription, group, name, own)
        else:
            there = self.add_group(subscription, group).accounts.get(name.lower())
            account = there or self.add_account(subscription, group, name, {})
            self._load_item(account, KINDS[parts[8].lower()], parts[9], resource)

    def _load_item(self, account: Account, kind: Kind, name: str, resource: JsonObject) -> None:
        properties = copy.deepcopy(resource.get("properties", {}))
        now = self.now()
        created = properties.pop("createdTime", stamp(now))
        content = resource.get("content")
        data = content.encode() if isinstance(content, str) else None
        if "contentBase64" in resource:
            data = base64.b64decode(resource["contentBase64"])
        beside: JsonObject = {k: resource[k] for k in ("tags", "location") if k in resource}
        account.of(kind)[name.lower()] = Item(
            kind,
            name,
            properties,
            created,
            properties.pop("changedTime", stamp(self.now())),
            copy.deepcopy(beside),
            resource.get("etag") or (session_etag(now) if kind.name == "sessions" else ""),
            data,
            str(resource.get("contentType", "")),
            content_version(now),
        )

    def set_session(self, account: Account, name: str, content: Any) -> None:
        """What a running workflow does: write a session, new or not."""
        kind = KINDS["sessions"]
        now = self.now()
        there = account.of(kind).get(name.lower())
        account.of(kind)[name.lower()] = Item(
            kind,
            there.name if there else name,
            {"content": copy.deepcopy(content)},
            there.created if there else stamp(now),
            stamp(self.now()),
            etag=session_etag(now),
        )


_NOT_STORED = ("id", "name", "type", "content", "contentBase64", "contentType", "etag")
