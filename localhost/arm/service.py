"""Answers to requests for resources: one method for each thing that there is."""

import base64
import fnmatch
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from localhost.arm.addresses import Address, action_of, read, require_version
from localhost.arm.filters import chosen
from localhost.arm.kinds import ACCOUNTS, HASHED_VERSIONS, KINDS, PROVIDER, WORKFLOWS, Kind
from localhost.arm.links import Links
from localhost.arm.refused import Refused, malformed, not_allowed
from localhost.arm.state import Account, Item, JsonObject, State
from localhost.arm.switches import Switches
from localhost.arm.times import stamp
from localhost.arm.writing import MOST_BODY, Writer

Listed = TypeVar("Listed")


@dataclass(frozen=True)
class Asked:
    """A request.

    :param path: as it was sent, still encoded.
    :param query: the last value of each parameter.
    :param headers: by their names in lower case.
    :param fetched: what the content link in its body led to.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    fetched: bytes | None = None

    def json(self) -> JsonObject:
        """Its body; an empty one is an empty object.

        :raises Refused: where it is none, or too large.
        """
        if len(self.body) > MOST_BODY:
            raise Refused(
                413,
                "RequestContentTooLarge",
                f"A body has at most {MOST_BODY} bytes.",
                gateway=True,
            )
        try:
            body = json.loads(self.body or b"{}")
        except ValueError as error:
            raise malformed("The body is no JSON.") from error
        if not isinstance(body, dict):
            raise malformed("The body is no JSON object.")
        return body


@dataclass(frozen=True)
class Answer:
    """An answer without an error; one without a body has none at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Service:
    """Answers requests for resources."""

    def __init__(self, state: State, switches: Switches, links: Links) -> None:
        self._state = state
        self._switches = switches
        self._links = links
        self._writer = Writer(state, switches)

    def answer(self, asked: Asked) -> Answer:
        """The answer to a request that is let in.

        :raises Refused: where it is an error.
        """
        address = read(asked.path)
        version = require_version(address, asked.query)
        action = action_of(asked.method, address)
        if address.provider != "microsoft.authorization" and not self._may(action):
            raise not_allowed(action, asked.path)
        self._state.subscription(address.subscription)
        if address.provider == "microsoft.authorization":
            return self._permissions(address)
        if not address.provider:
            return self._group(asked, address)
        if address.group is not None:
            self._state.group(address.subscription, address.group)
        if address.rest[0].lower() == WORKFLOWS:
            return self._workflows(asked, address)
        return self._accounts(asked, address, version)

    def _may(self, action: str) -> bool:
        def named(patterns: list[str]) -> bool:
            return any(fnmatch.fnmatch(action.lower(), each.lower()) for each in patterns)

        return named(self._switches.actions) and not named(self._switches.not_actions)

    def _permissions(self, address: Address) -> Answer:
        if tuple(part.lower() for part in address.rest) != ("permissions",):
            raise _nothing()
        if address.group is not None:
            self._state.group(address.subscription, address.group)
        if f"/{ACCOUNTS}/".lower() in address.scope.lower():
            self._state.account(
                address.subscription, address.group or "", address.scope.rpartition("/")[2]
            )
        role = {
            "actions": list(self._switches.actions),
            "notActions": list(self._switches.not_actions),
            "dataActions": [],
            "notDataActions": [],
        }
        return Answer(200, {"value": [role]})

    def _group(self, asked: Asked, address: Address) -> Answer:
        if address.group is None:
            _require_get(asked)
            name = self._state.subscription(address.subscription)
            shown = {"id": f"/subscriptions/{name}", "subscriptionId": name, "state": "Enabled"}
            return Answer(200, shown)
        status = 200
        if asked.method == "PUT":
            location = asked.json().get("location")
            if not isinstance(location, str) or not location:
                raise Refused(400, "LocationRequired", "The group has no location.", gateway=True)
            key = (address.subscription.lower(), address.group.lower())
            status = 200 if key in self._state.groups else 201
            self._state.add_group(address.subscription, address.group, location)
        elif asked.method not in ("GET", "HEAD"):
            raise _not_so()
        found = self._state.group(address.subscription, address.group)
        group: JsonObject = {
            "id": f"/subscriptions/{found.subscription}/resourceGroups/{found.name}",
            "name": found.name,
            "location": found.location,
            "properties": {"provisioningState": "Succeeded"},
        }
        return Answer(204) if asked.method == "HEAD" else Answer(status, group)

    def _accounts(self, asked: Asked, address: Address, version: str) -> Answer:
        names = address.rest[1:]
        if not names:
            listed = self._state.accounts(address.subscription, address.group)
            return self._page(asked, listed, lambda one: one.id.lower(), _account_shown)
        if address.group is None:
            raise _nothing()
        if len(names) == 1:
            return self._account(asked, address.subscription, address.group, names[0])
        account = self._state.account(address.subscription, address.group, names[0])
        if asked.method == "POST":
            return self._posted(asked, account, names[1:], version)
        kind = KINDS.get(names[1].lower())
        if kind is None or len(names) > 3:
            raise _nothing()
        if len(names) == 2:
            return self._listed(asked, account, kind, version)
        return self._item(asked, account, kind, names[2], version)

    def _account(self, asked: Asked, subscription: str, group: str, name: str) -> Answer:
        if asked.method == "PUT":
            new = self._writer.account(
                subscription,
                group,
                name,
                asked.json(),
                if_none_match=asked.headers.get("if-none-match"),
            )
            made = self._state.account(subscription, group, name)
            return Answer(201 if new else 200, _account_shown(made))
        if asked.method == "DELETE":
            there = self._state.group(subscription, group).accounts.pop(name.lower(), None)
            return Answer(204 if there is None else 200)
        _require_get(asked)
        return Answer(200, _account_shown(self._state.account(subscription, group, name)))

    def _item(self, asked: Asked, account: Account, kind: Kind, name: str, version: str) -> Answer:
        if asked.method == "PUT":
            new, written = self._writer.item(
                account,
                kind,
                name,
                asked.json(),
                fetched=asked.fetched,
                if_match=asked.headers.get("if-match"),
            )
            return self._shown(asked, account, written, version, 201 if new else 200)
        if asked.method == "DELETE":
            condition = asked.headers.get("if-match")
            there = self._writer.delete(account, kind, name, condition)
            return Answer(200 if there else 204)
        _require_get(asked)
        return self._shown(asked, account, account.find(kind, name), version)

    def _shown(
        self, asked: Asked, account: Account, item: Item, version: str, status: int = 200
    ) -> Answer:
        etag = self._writer.etag(item)
        headers = {"ETag": etag} if etag else {}
        return Answer(status, self._resource(asked, account, item, version), headers)

    def _resource(self, asked: Asked, account: Account, item: Item, version: str) -> JsonObject:
        properties = dict(item.properties)
        if item.content is not None:
            hashed = {"always": True, "never": False}.get(
                self._switches.content_hash, version in HASHED_VERSIONS
            )
            properties["contentLink"] = self._links.of(account, item, asked.base_url, hashed=hashed)
        resource: JsonObject = {
            "properties": {
                **properties,
                "createdTime": item.created,
                "changedTime": item.changed,
            },
            "id": f"{account.id}/{item.kind.name}/{item.name}",
            "name": item.name,
            "type": f"{PROVIDER}/{ACCOUNTS}/{item.kind.name}",
            **item.beside,
        }
        if etag := self._writer.etag(item):
            resource["etag"] = etag
        return resource

    def _listed(self, asked: Asked, account: Account, kind: Kind, version: str) -> Answer:
        items = list(account.of(kind).values())
        text = asked.query.get("$filter", "")
        if text and self._switches.filters:
            by_case = self._switches.filters_by_case
            items = [item for item in items if chosen(text, _compared(item), by_case=by_case)]
        return self._page(
            asked,
            sorted(items, key=lambda item: item.name.lower()),
            lambda item: item.name.lower(),
            lambda item: self._resource(asked, account, item, version),
        )

    def _page(
        self,
        asked: Asked,
        listed: Sequence[Listed],
        key: Callable[[Listed], str],
        shown: Callable[[Listed], JsonObject],
    ) -> Answer:
        """A page of what is listed in the order of its keys. The next one begins after the last
        key of this one, whatever came and went meanwhile."""
        _require_get(asked)
        top = asked.query.get("$top", "")
        if top and not (top.isdecimal() and int(top)):
            raise malformed(f"$top is {top!r}, and no number from 1.")
        size = min(int(top or self._switches.page_size), self._switches.page_size)
        token = asked.query.get("$skiptoken", "")
        if token:
            after = base64.urlsafe_b64decode(token).decode()
            listed = [one for one in listed if key(one) > after]
        page = listed[:size]
        body: JsonObject = {"value": [shown(one) for one in page]}
        if len(listed) > size:
            place = base64.urlsafe_b64encode(key(page[-1]).encode()).decode()
            query = urlencode({**asked.query, "$skiptoken": place})
            body["nextLink"] = f"{asked.base_url}{asked.path}?{query}"
        return Answer(200, body)

    def _posted(self, asked: Asked, account: Account, names: Sequence[str], version: str) -> Answer:
        action = names[-1].lower()
        body = asked.json()
        if len(names) == 1 and action == "listcallbackurl":
            place = f"{asked.base_url}/{ACCOUNTS}/{account.key}"
            until = {"se": str(body["notAfter"])} if "notAfter" in body else {}
            query = {"api-version": "2015-08-01-preview"}
            signed = urlencode({**query, **until, "sp": "//*", "sv": "1.0", "sig": account.key})
            return Answer(200, {"value": f"{place}?{signed}", "basePath": place, "queries": query})
        if len(names) == 1 and action == "listkeyvaultkeys":
            return self._vault_keys(str((body.get("keyVault") or {}).get("id", "")))
        kind = KINDS.get(names[0].lower())
        if len(names) == 3 and action == "listcontentcallbackurl" and kind and kind.content:
            item = account.find(kind, names[1])
            link = self._links.of(account, item, asked.base_url, hashed=version in HASHED_VERSIONS)
            return Answer(200, {"value": link["uri"]})
        raise _nothing()

    def _vault_keys(self, vault: str) -> Answer:
        if not vault:
            raise malformed("The body names no key vault.")
        keys = self._state.vaults.get("/" + vault.strip("/").lower())
        if self._switches.vaults_refuse or keys is None:
            raise Refused(
                403, "Forbidden", f"The key vault {vault!r} does not let its keys be listed."
            )
        host = f"https://{vault.rpartition('/')[2].lower()}.vault.azure.net"
        listed = [
            {"kid": f"{host}/keys/{name}/{version}", "attributes": {"enabled": True}}
            for name, versions in sorted(keys.items())
            for version in versions
        ]
        return Answer(200, {"value": listed})

    def _workflows(self, asked: Asked, address: Address) -> Answer:
        names = address.rest[1:]
        if not names:
            found = self._state.workflows(address.subscription, address.group)
            text = asked.query.get("$filter", "")
            if text and self._switches.filters:
                by_case = self._switches.filters_by_case
                compared = [(one, _workflow_compared(one)) for one in found]
                found = [one for one, by in compared if chosen(text, by, by_case=by_case)]
            return self._page(asked, found, lambda one: str(one["id"]).lower(), _workflow_shown)
        if address.group is None or len(names) > 2:
            raise _nothing()
        if len(names) == 1 and asked.method == "PUT":
            new = self._writer.workflow(address.subscription, address.group, names[0], asked.json())
            made = self._state.workflow(address.subscription, address.group, names[0])
            return Answer(201 if new else 200, _workflow_shown(made))
        workflow = self._state.workflow(address.subscription, address.group, names[0])
        if len(names) == 1 and asked.method == "GET":
            return Answer(200, _workflow_shown(workflow))
        states = {"enable": "Enabled", "disable": "Disabled"}
        if len(names) == 1 or asked.method != "POST" or names[1].lower() not in states:
            raise _not_so()
        properties = workflow.setdefault("properties", {})
        properties["state"] = states[names[1].lower()]
        properties["changedTime"] = stamp(self._state.now())
        return Answer(200)


def _nothing() -> Refused:
    return Refused(404, "NotFound", "There is nothing at this address.", gateway=True)


def _require_get(asked: Asked) -> None:
    if asked.method != "GET":
        raise _not_so()


def _not_so() -> Refused:
    return Refused(405, "MethodNotAllowed", "This cannot be done at this address.", gateway=True)


def _account_shown(account: Account) -> JsonObject:
    return {
        **account.resource,
        "id": account.id,
        "name": account.name,
        "type": f"{PROVIDER}/{ACCOUNTS}",
    }


def _workflow_shown(workflow: JsonObject) -> JsonObject:
    name = str(workflow["id"]).rpartition("/")[2]
    return {**workflow, "name": name, "type": f"{PROVIDER}/{WORKFLOWS}"}


def _compared(item: Item) -> Mapping[str, Any]:
    values = {k.lower(): v for k, v in item.properties.items() if isinstance(v, str)}
    return {**values, "name": item.name, "changedtime": item.changed, "createdtime": item.created}


def _workflow_compared(workflow: JsonObject) -> Mapping[str, Any]:
    properties = workflow.get("properties", {})
    account = properties.get("integrationAccount") or {}
    return {"state": properties.get("state"), "referencedresourceid": account.get("id")}
