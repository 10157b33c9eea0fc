"""What a pull takes although a PUT here would refuse it, or that surprises: an account is as it is.

A collector is told each artifact once, in any order, best in ``ORDER``: then what an artifact names
is known already. It keeps names and digests, no documents.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.model.certificate import CertificateFacts
from shared.model.integration_account import Child
from shared.model.problem import Problem
from shared.model.sections import SECTIONS, Section
from shared.model.wire import JsonObject, rfc3339
from shared.rules.agreement_numbers import numbering, require_fit_for_envelope
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.maps import misfit
from shared.rules.naming import artifact_key, is_artifact_name, is_same_name, shown
from shared.rules.references import references
from shared.rules.trading import (
    Identity,
    parties,
    parties_key,
    partner_identities,
    require_members_once,
    stream_of,
)

ORDER = (
    Child.PARTNERS,
    Child.CERTIFICATES,
    Child.SCHEMAS,
    Child.ASSEMBLIES,
    Child.MAPS,
    Child.AGREEMENTS,
    Child.BATCH_CONFIGURATIONS,
    Child.ROSETTANET_PROCESSES,
)
"""An order of the kinds of artifacts in which one comes before those that name it; pulls read, and
pushes write, in it."""

MOST_FINDINGS = 200
"""Most findings that are told one by one; the others are counted."""

_MOST_KEPT = 10_000
"""Most references to artifacts that were not told yet whose places are kept; of the others, only
how many there are."""

EXPIRES_SOON = timedelta(days=30)


class FindingCode(StrEnum):
    """What was found."""

    NAME_UNUSUAL = "NameUnusual"
    NAMES_ALIKE = "NamesAlike"
    DANGLING_REFERENCE = "DanglingReference"
    DUPLICATE_IDENTITIES = "DuplicateIdentities"
    IDENTITY_UNKNOWN = "IdentityUnknown"
    PARTNER_UNUSUAL = "PartnerUnusual"
    AGREEMENT_UNUSUAL = "AgreementUnusual"
    BOUNDS_WRONG = "BoundsWrong"
    CERTIFICATE_EXPIRED = "CertificateExpired"
    CERTIFICATE_EXPIRES = "CertificateExpires"
    CERTIFICATE_UNREADABLE = "CertificateUnreadable"
    MAP_TYPE_UNFIT = "MapTypeUnfit"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding."""

    code: FindingCode
    message: str
    section: str
    name: str
    pointer: str = ""
    """Where in the document, a JSON pointer; empty for the whole artifact."""

    def to_json(self) -> JsonObject:
        """As the result of a pull has it."""
        found: JsonObject = {
            "code": str(self.code),
            "message": self.message,
            "section": self.section,
            "name": self.name,
        }
        if self.pointer:
            found["pointer"] = self.pointer
        return found


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found."""

    found: tuple[Finding, ...]
    more: int
    """How many further ones there are that are not told."""
    counts: dict[FindingCode, int]
    """How many of each there are, those that are not told included."""

    def to_json(self) -> JsonObject:
        """As the result of a pull has it."""
        shape: JsonObject = {"findings": [one.to_json() for one in self.found]}
        if self.more:
            shape["moreFindings"] = self.more
        return shape


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What an artifact says of another one that was not told yet."""

    section: str
    name: str
    pointer: str
    target: str
    """The name of the other one, as it is spelt here."""
    digest: bytes = field(default=b"", repr=False)
    """Of the identity that it takes the partner to have; empty for a mere reference."""


class Collector:
    """Collects findings, artifact by artifact."""

    def __init__(self, now: datetime, most: int = MOST_FINDINGS) -> None:
        self._now = now
        self._most = most
        self._found: list[Finding] = []
        self._counts: Counter[FindingCode] = Counter()
        self._names: dict[tuple[str, str], str] = {}
        self._identities: dict[str, frozenset[bytes]] = {}
        self._streams: dict[str, str] = {}
        self._waiting: dict[tuple[str, str], list[_Waiting]] = {}
        self._uncounted: Counter[tuple[str, str]] = Counter()
        self._kept = 0

    def artifact(self, child: Child, name: str, document: JsonObject) -> None:
        """Tell an artifact.

        :param document: with or without its secrets: none of them is looked at.
        """
        section = CHILDREN[child].section
        self._name(section, name)
        if child is Child.PARTNERS:
            self._partner(name, document)
        if child is Child.AGREEMENTS:
            self._agreement(name, document)
        if section in SECTIONS:
            self._references(Section(section), name, document)

    def certificate(self, name: str, facts: CertificateFacts | None) -> None:
        """Tell what a certificate's content says; None for content that is no certificate."""
        if facts is None:
            self._tell(
                FindingCode.CERTIFICATE_UNREADABLE,
                "Its public part is no certificate that can be read.",
                Section.CERTIFICATES,
                name,
            )
        elif facts.expires_at <= self._now:
            self._tell(
                FindingCode.CERTIFICATE_EXPIRED,
                f"It expired at {rfc3339(facts.expires_at)}.",
                Section.CERTIFICATES,
                name,
            )
        elif facts.expires_at <= self._now + EXPIRES_SOON:
            self._tell(
                FindingCode.CERTIFICATE_EXPIRES,
                f"It expires at {rfc3339(facts.expires_at)}.",
                Section.CERTIFICATES,
                name,
            )

    def map_content(self, name: str, document: JsonObject, content: bytes) -> None:
        """Tell a map's content, whole or from its beginning on."""
        fitting = misfit(document, content)
        if fitting:
            self._tell(
                FindingCode.MAP_TYPE_UNFIT,
                f"Its content is of the type {fitting}, not of the one that it says.",
                Section.TRANSFORMS,
                name,
                "/mapType",
            )

    def end(self) -> Findings:
        """All findings, in the order of sections and names."""
        for (section, key), all_waiting in self._waiting.items():
            for one in all_waiting:
                self._resolve(section, key, one)
        missing = {key: count for key, count in self._uncounted.items() if key not in self._names}
        self._counts[FindingCode.DANGLING_REFERENCE] += sum(missing.values())
        self._counts += Counter()  # drops what there is none of
        self._waiting.clear()
        self._uncounted.clear()
        ordered = sorted(self._found, key=lambda one: (one.section, one.name, one.code))
        more = self._counts.total() - len(ordered)
        return Findings(tuple(ordered), more, dict(self._counts))

    def _name(self, section: str, name: str) -> None:
        if not is_artifact_name(name):
            self._tell(
                FindingCode.NAME_UNUSUAL,
                "Its name is one that no artifact of a service can be given.",
                section,
                name,
            )
        other = self._names.setdefault((section, artifact_key(name)), name)
        if other != name and not is_same_name(other, name):
            self._tell(
                FindingCode.NAMES_ALIKE,
                f"Its name and '{shown(other)}' are told apart by letters that are written in two "
                "ways.",
                section,
                name,
            )

    def _references(self, section: Section, name: str, document: JsonObject) -> None:
        """Keep what an artifact names that was not told yet, once each."""
        wanted: dict[tuple[str, str], _Waiting] = {}
        for one in references(section, document):
            key = (str(one.section), artifact_key(one.name))
            if key not in self._names:
                wanted.setdefault(key, _Waiting(section, name, one.pointer, one.name))
        for key, waiting in wanted.items():
            if self._kept < _MOST_KEPT:
                self._kept += 1
                self._waiting.setdefault(key, []).append(waiting)
            else:
                self._uncounted[key] += 1

    def _partner(self, name: str, document: JsonObject) -> None:
        known: frozenset[Identity] = frozenset()
        with self._telling(FindingCode.PARTNER_UNUSUAL, Section.PARTNERS, name):
            known = partner_identities(document)
        self._identities[artifact_key(name)] = frozenset(_digest(one) for one in known)

    def _agreement(self, name: str, document: JsonObject) -> None:
        with self._telling(FindingCode.AGREEMENT_UNUSUAL, Section.AGREEMENTS, name):
            between = parties(document)
            for partner, identity, side in (
                (between.host_partner, between.host, "host"),
                (between.guest_partner, between.guest, "guest"),
            ):
                if partner is not None and identity is not None:
                    at = f"/{side}Identity"
                    waiting = _Waiting(Section.AGREEMENTS, name, at, partner, _digest(identity))
                    self._trades_as(artifact_key(partner), waiting)
            self._stream(name, stream_of(parties_key(document)))
        with self._telling(FindingCode.AGREEMENT_UNUSUAL, Section.AGREEMENTS, name):
            require_members_once(document)
        with self._telling(FindingCode.BOUNDS_WRONG, Section.AGREEMENTS, name):
            numbering(document)
            require_fit_for_envelope(document)

    def _stream(self, name: str, stream: str) -> None:
        other = self._streams.setdefault(stream, name) if stream else name
        if other != name:
            self._tell(
                FindingCode.DUPLICATE_IDENTITIES,
                f"It and '{shown(other)}' are agreements of the same standard between the same "
                "identities: an interchange fits both.",
                Section.AGREEMENTS,
                name,
            )

    def _trades_as(self, partner: str, waiting: _Waiting) -> None:
        if partner not in self._identities:
            self._waiting.setdefault((Section.PARTNERS, partner), []).append(waiting)
        else:
            self._resolve(Section.PARTNERS, partner, waiting)

    def _resolve(self, section: str, key: str, one: _Waiting) -> None:
        """Tell what is wrong with what was said of an artifact, all being known."""
        if not one.digest:
            if (section, key) not in self._names:
                self._tell(
                    FindingCode.DANGLING_REFERENCE,
                    f"It names '{shown(one.target)}' of the section {section}, which is not there.",
                    one.section,
                    one.name,
                    one.pointer,
                )
            return
        known = self._identities.get(key)
        if known is not None and one.digest not in known:
            self._tell(
                FindingCode.IDENTITY_UNKNOWN,
                "It trades as an identity that its partner does not have.",
                one.section,
                one.name,
                one.pointer,
            )

    @contextmanager
    def _telling(self, code: FindingCode, section: str, name: str) -> Iterator[None]:
        """Run the body of the statement, and tell its problem."""
        try:
            yield
        except Problem as problem:
            pointer = (problem.target or "").removeprefix("/document")
            self._tell(code, problem.message, section, name, pointer)

    def _tell(
        self, code: FindingCode, message: str, section: str, name: str, pointer: str = ""
    ) -> None:
        self._counts[code] += 1
        if len(self._found) < self._most:
            self._found.append(Finding(code, message, str(section), name, pointer))


def _digest(identity: Identity) -> bytes:
    """A few bytes that tell an identity from others."""
    text = f"{identity.qualifier}\x1f{identity.value}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:12]
