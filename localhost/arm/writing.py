"""What a PUT makes of its body: checks, what the service adds, and what it spells its own way."""

import base64
import binascii
import copy
import re
from typing import Any
from xml.etree import ElementTree  # nosec B405

from localhost.arm.kinds import (
    AGREEMENT_TYPES,
    PROVIDER,
    READ_ONLY,
    SPELLED,
    TIERS,
    WORKFLOWS,
    Kind,
)
from localhost.arm.refused import Refused, malformed
from localhost.arm.state import Account, Item, JsonObject, State
from localhost.arm.switches import Switches
from localhost.arm.times import content_version, session_etag, stamp

MOST_BODY = 4 * 1024 * 1024
"""Bytes of a body, as it is sent."""

MOST_CONTENT = 8 * 1024 * 1024
"""Bytes of an artifact's content."""

_ID_PARTS = 8
"""Segments of an account's ARM id."""

_UNVERSIONED = ".".join("0000")
"""The version of an assembly that says none."""

_RESOURCE = frozenset({"id", "name", "type", "etag", "properties", "tags", "location", "sku"})
_XSD = "{http://www.w3.org/2001/XMLSchema}"
_VERSION_OF = {"xslt": "1.0", "xslt20": "2.0", "xslt30": "3.0"}
_STYLESHEET = re.compile(
    r"<(?:[\w.-]+:)?(?:stylesheet|transform)\b[^>]*?\sversion\s*=\s*[\"']([^\"']*)", re.S
)


class Writer:
    """Writes accounts and their resources."""

    def __init__(self, state: State, switches: Switches) -> None:
        self._state = state
        self._switches = switches

    def account(
        self,
        subscription: str,
        group: str,
        name: str,
        body: JsonObject,
        *,
        if_none_match: str | None = None,
    ) -> bool:
        """Write an account; whether it is new.

        :raises Refused: where the group is not there, or the body is not as it must be; where the
            account is there, and was not to be.
        """
        self._known(body, _RESOURCE, "an integration account")
        location = _location(body, "account")
        tier = (body.get("sku") or {}).get("name")
        if tier not in TIERS:
            raise malformed(f"The tier {tier!r} is none of {', '.join(TIERS)}.")
        there = self._state.group(subscription, group).accounts.get(name.lower())
        if there is not None and if_none_match == "*" and self._switches.if_none_match:
            raise Refused(412, "PreconditionFailed", "The resource is there.")
        if there is not None and _place(there.resource["location"]) != _place(location):
            raise Refused(
                409,
                "InvalidResourceLocation",
                f"The resource {name!r} is in {there.resource['location']!r} already and cannot "
                f"be made in {location!r}.",
                gateway=True,
            )
        kept = {k: v for k, v in body.items() if k not in ("id", "name", "type", "etag")}
        self._state.add_account(subscription, group, name, kept)
        return there is None

    def workflow(self, subscription: str, group: str, name: str, body: JsonObject) -> bool:
        """Write a workflow; whether it is new. The account that it uses is of its own region and
        subscription.

        :raises Refused: where the group or the account is not there, or the body is not as it must
            be.
        """
        location = _location(body, "workflow")
        properties = dict(body.get("properties") or {})
        used = str((properties.get("integrationAccount") or {}).get("id", ""))
        if used:
            parts = used.strip("/").split("/")
            if len(parts) != _ID_PARTS or parts[1].lower() != subscription.lower():
                raise malformed(f"{used!r} is no integration account of the subscription.")
            account = self._state.account(parts[1], parts[3], parts[-1])
            if _place(account.resource["location"]) != _place(location):
                raise malformed(
                    f"The workflow is in {location!r}, and the integration account {used!r} in "
                    f"{account.resource['location']!r}: they must be in the same."
                )
        place = self._state.group(subscription, group)
        is_new = name.lower() not in place.workflows
        address = f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{PROVIDER}"
        changed = {"state": "Enabled", **properties, "changedTime": stamp(self._state.now())}
        self._state.load([{**body, "id": f"{address}/{WORKFLOWS}/{name}", "properties": changed}])
        return is_new

    def item(
        self,
        account: Account,
        kind: Kind,
        name: str,
        body: JsonObject,
        *,
        fetched: bytes | None,
        if_match: str | None,
    ) -> tuple[bool, Item]:
        """Write a resource of an account: whether it is new, and as the answer shows it.

        :param fetched: what the body's content link led to, where it has one.
        :raises Refused: where the body is not as it must be, or the tier is full.
        """
        given = body.get("properties")
        if not isinstance(given, dict):
            raise malformed(f"The {kind.noun} has no properties.")
        self._known(body, _RESOURCE, f"a {kind.noun}")
        self._known(given, kind.writable | READ_ONLY, f"a {kind.noun}'s properties")
        there = account.of(kind).get(name.lower())
        self._matches(there, if_match)
        if there is None:
            self._room(account, kind)
        properties = _named(kind, given)
        content = content_type = None
        if kind.content:
            content, content_type = self._content(kind, properties, fetched)
            _described(kind, properties, content)
        self._fits(account, kind, properties, content)
        if kind.name != "sessions":
            self._change(properties)
        now = self._state.now()
        changed = stamp(self._state.now())
        written = Item(
            kind,
            there.name if there else name,
            _spelled(kind, properties),
            there.created if there else stamp(now),
            changed,
            {k: body[k] for k in ("tags", "location") if k in body},
            session_etag(now) if kind.name == "sessions" else "",
            content,
            content_type or "",
            content_version(now),
        )
        account.of(kind)[name.lower()] = written
        if there is not None and kind.name == "sessions":
            # The answer still has the time before.
            shown = copy.copy(written)
            shown.changed = there.changed
            return False, shown
        return there is None, written

    def etag(self, item: Item) -> str:
        """The ETag that a resource is shown with; empty for none."""
        return item.etag or (f'"{item.version}"' if self._switches.etags else "")

    def delete(self, account: Account, kind: Kind, name: str, if_match: str | None) -> bool:
        """Delete a resource; whether it was there.

        :raises Refused: where another one refers to it, or it is another version.
        """
        if there := account.of(kind).get(name.lower()):
            self._matches(there, if_match)
        if kind.name == "partners" and self._switches.references:
            agreements = account.items.get("agreements", {}).values()
            for agreement in agreements:
                if name.lower() in _partners(agreement.properties):
                    raise Refused(
                        409,
                        "PartnerInUse",
                        f"The agreement {agreement.name!r} refers to the partner {name!r}.",
                    )
        return account.of(kind).pop(name.lower(), None) is not None

    def _known(self, given: JsonObject, known: frozenset[str], what: str) -> None:
        if self._switches.unknown_members == "refused":
            names = {name.lower() for name in known}
            unknown = sorted(name for name in given if name.lower() not in names)
            if unknown:
                raise malformed(f"There is no member {unknown[0]!r} in {what}.")

    def _change(self, properties: JsonObject) -> None:
        """Make of what is written what a service may make of it."""
        metadata = properties.get("metadata") or {}
        if self._switches.changes_values and metadata:
            metadata = {key: str(value).upper() for key, value in metadata.items()}
            properties["metadata"] = metadata
        if self._switches.adds_members:
            properties["metadata"] = {"filledIn": "yes", **metadata}

    def _matches(self, there: Item | None, if_match: str | None) -> None:
        if if_match is None or not self._switches.if_match:
            return
        if there is not None and not self.etag(there):
            return
        if there is None or if_match not in ("*", self.etag(there)):
            raise Refused(412, "PreconditionFailed", "The resource is not as If-Match says.")

    def _room(self, account: Account, kind: Kind) -> None:
        most = kind.limits.get(account.tier)
        if self._switches.limits and most is not None and len(account.of(kind)) >= most:
            # The real code was never recorded.
            raise Refused(
                409,
                "IntegrationAccountLimitExceeded",
                f"An account of the tier {account.tier} holds at most {most} of {kind.name}.",
            )

    def _content(
        self, kind: Kind, properties: JsonObject, fetched: bytes | None
    ) -> tuple[bytes, str]:
        content, content_type = properties.pop("content", None), properties.pop("contentType", None)
        if content is None and fetched is None:
            raise malformed(f"The {kind.noun} has no content and no link to it.")
        if not content_type and self._switches.content_types:
            raise malformed(f"The {kind.noun} does not say its content's type.")
        data = self._decoded(kind, content) if content is not None else fetched or b""
        if self._switches.limits and len(data) > MOST_CONTENT:
            raise malformed(f"The {kind.noun}'s content has more than {MOST_CONTENT} bytes.")
        return data, str(content_type or "")

    def _decoded(self, kind: Kind, content: Any) -> bytes:
        if not isinstance(content, str):
            raise malformed(f"The {kind.noun}'s content is no text.")
        if kind.content == "text":
            return (content if self._switches.keeps_marks else content.lstrip("\ufeff")).encode()
        try:
            return base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise malformed(f"The {kind.noun}'s content is no base64.") from error

    def _fits(
        self, account: Account, kind: Kind, properties: JsonObject, content: bytes | None
    ) -> None:
        if kind.name == "maps":
            self._map_fits(properties, content or b"")
        elif kind.name == "agreements" and self._switches.references:
            partners = account.items.get("partners", {})
            for name in sorted(_partners(properties)):
                if name not in partners:
                    raise Refused(
                        400,
                        "AgreementPartnerNotFound",  # The real code was never recorded.
                        f"The agreement refers to the partner {name!r}, which is not there.",
                    )
        elif kind.name == "certificates" and "key" in properties and self._state.vaults:
            key = properties["key"]
            vault = self._state.vaults.get(str(key.get("keyVault", {}).get("id", "")).lower(), {})
            if str(key.get("keyName", "")) not in vault:
                raise Refused(
                    400,
                    "KeyVaultKeyNotFound",  # The real code was never recorded.
                    f"There is no key {key.get('keyName')!r} in the certificate's vault.",
                )

    def _map_fits(self, properties: JsonObject, content: bytes) -> None:
        text = content.decode("utf-8", "replace")
        wanted = _VERSION_OF.get(str(properties.get("mapType", "")).lower())
        found = _STYLESHEET.search(text)
        if self._switches.map_versions and wanted and found and found[1] != wanted:
            raise malformed(
                f"A map of the type {properties['mapType']} has a stylesheet of version {wanted}, "
                f"and this one is of {found[1]}."
            )


def _named(kind: Kind, given: JsonObject) -> JsonObject:
    """A copy of the members that change something, in the spelling of the specification: they
    are read without regard to case."""
    spelled = {name.lower(): name for name in kind.writable}
    read_only = {name.lower() for name in READ_ONLY}
    return {
        spelled.get(name.lower(), name): copy.deepcopy(value)
        for name, value in given.items()
        if name.lower() not in read_only
    }


def _location(body: JsonObject, what: str) -> str:
    location = body.get("location")
    if not isinstance(location, str) or not location:
        raise Refused(400, "LocationRequired", f"The {what} has no location.", gateway=True)
    return location


def _place(location: str) -> str:
    return location.replace(" ", "").lower()


def _partners(properties: JsonObject) -> set[str]:
    named = (properties.get("hostPartner"), properties.get("guestPartner"))
    return {name.lower() for name in named if isinstance(name, str)}


def _described(kind: Kind, properties: JsonObject, content: bytes) -> None:
    """Add what the service reads out of the content itself."""
    if kind.name == "assemblies":
        properties.setdefault("assemblyVersion", _UNVERSIONED)
    elif kind.name == "schemas":
        root = _schema(content)
        if root is not None:
            first = root.find(f"{_XSD}element")
            read = {
                "targetNamespace": root.get("targetNamespace"),
                "documentName": None if first is None else first.get("name"),
            }
            for name, value in read.items():
                if value is not None:
                    properties.setdefault(name, value)


def _schema(content: bytes) -> ElementTree.Element | None:
    """The root of a schema; its text is UTF-8 whatever it declares."""
    try:
        text = content.decode("utf-8-sig")
        root = ElementTree.fromstring(text)  # noqa: S314  # nosec B314
    except (UnicodeDecodeError, ElementTree.ParseError):
        return None
    return root if root.tag == f"{_XSD}schema" else None


def _spelled(kind: Kind, properties: JsonObject) -> JsonObject:
    """The properties in the spelling of answers."""
    if kind.name == "agreements":
        stated = properties.get("agreementType")
        if isinstance(stated, str):
            properties["agreementType"] = AGREEMENT_TYPES.get(stated.lower(), stated)
        if "content" in properties:
            properties["content"] = _respelled(properties["content"])
    vault = properties.get("key", {}).get("keyVault") if kind.name == "certificates" else None
    if isinstance(vault, dict) and "id" in vault:
        vault["name"] = str(vault["id"]).rpartition("/")[2]
        vault["type"] = "Microsoft.KeyVault/vaults"
    return properties


def _respelled(value: Any) -> Any:
    if isinstance(value, dict):
        return {SPELLED.get(k.lower(), k): _respelled(v) for k, v in value.items()}
    return [_respelled(each) for each in value] if isinstance(value, list) else value
