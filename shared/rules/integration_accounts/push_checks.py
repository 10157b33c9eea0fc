"""Everything of a push that forbids it or surprises, artifact by artifact.

It looks at what the account will hold: what the push writes, and what stays. It keeps names and
digests, no documents. Errors point into the request, at the member that would change them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.model.certificate import CertificateFacts
from shared.model.integration_account import Child, Sku
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.push import Action, Extra, PlannedArtifact, PlannedArtifacts, PushBody
from shared.model.sections import SECTIONS, Section
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.children import ARTIFACTS, CHILDREN, Holds
from shared.rules.integration_accounts.findings import Collector, Finding, FindingCode
from shared.rules.integration_accounts.limits import MOST_CONTENT, limit
from shared.rules.integration_accounts.push_changes import (
    Changes,
    key_of,
    vault_key,
    wrong_vaults,
)
from shared.rules.integration_accounts.push_choice import Key
from shared.rules.integration_accounts.push_choice import key_of as artifact_of
from shared.rules.integration_accounts.push_imports import imports
from shared.rules.integration_accounts.push_keys import VaultKeys
from shared.rules.integration_accounts.push_told import Told
from shared.rules.integration_accounts.removals import Removal
from shared.rules.integration_accounts.resources import left_out
from shared.rules.naming import shown
from shared.rules.references import references

_NAMED = 5
"""Artifacts that a message names; of the others it says how many."""
_ITEMS = 200
"""Artifacts that a plan names one by one."""
_UNFIT = re.compile(r"[^A-Za-z0-9_.()-]")
_LONGEST = 80
_PFX_VERSION = b"\x02\x01\x03"
"""What a PFX begins with inside: its version, 3. A certificate has its own first part there."""


@dataclass(frozen=True, slots=True)
class Record:
    """An artifact of the service, as the checks look at it."""

    child: Child
    name: str
    document: JsonObject = field(repr=False)
    """As the service has it, before ``Changes``."""
    size: int | None = None
    """Bytes of its content; None for none."""
    data: bytes | None = field(default=None, repr=False)
    """The content itself: of certificates, schemas and maps, where it is at hand."""
    certificate: CertificateFacts | None = None
    """What the content of a certificate says; None where it is none that can be read."""


class PushChecks:
    """Collects what there is, best in ``ORDER``, and then says what is wrong with it."""

    def __init__(self, body: PushBody, changes: Changes, sku: Sku, now: datetime) -> None:
        """
        :param sku: the tier of the account, as it is or as it is made.
        """
        self._body, self._changes, self._sku = body, changes, sku
        self._collector = Collector(now)
        self._counts: dict[Child, Counter[Action]] = {}
        self._items: list[PlannedArtifact] = []
        self._more = 0
        self._held: set[Key] = set()
        self._kept: set[Key] = set()
        self._withheld: dict[Key, str] = {}
        self._waiting: dict[Key, list[tuple[str, str, str]]] = {}
        self._imported: dict[Key, list[str]] = {}
        self._vaults: set[str] = set()
        self._refused: list[str] = []
        self._told = Told()
        self.keys = VaultKeys()
        """The keys that are to be looked at in their vaults."""

    def look_at(self, record: Record, action: Action) -> None:
        """Tell an artifact of the service that the push takes, unless the account's is kept.

        :param action: create, replace, same or refuse.
        """
        document = self._changes.applied(record.child, record.document)
        self._count(record.child, record.name, action)
        self._holds(record.child, record.name, document)
        if record.child is Child.CERTIFICATES:
            self._certificate(record)
        self._content(record, document)
        if _UNFIT.search(record.name) or len(record.name) > _LONGEST:
            self._told.warn(
                "NameUnfit",
                "Azure documents names of 1 to 80 letters A to Z, digits, and - _ . ( ) for what "
                "an account holds, and may refuse this one.",
                _at(record.child, record.name),
            )
        pointers = left_out(record.child, document)
        if pointers:
            self._told.warn(
                "MembersLeftOut",
                f"Azure takes no such members: {_listed(pointers)}. They stay in the service and "
                "its backups.",
                _at(record.child, record.name),
            )

    def look_at_target(self, child: Child, name: str, document: JsonObject, action: Action) -> None:
        """Tell an artifact that the account has, and that the push keeps or deletes.

        Of what stays as it is, only what it has to do with the rest is told.
        """
        self._count(child, name, action)
        if action is Action.DELETE:
            self._withheld[artifact_of(CHILDREN[child].section, name)] = "/extra"
        else:
            self._kept.add(artifact_of(CHILDREN[child].section, name))
            self._holds(child, name, document)

    def leaves_out(self, section: str, name: str) -> None:
        """Tell an artifact of the service that the choice leaves out, and the account has not."""
        self._withheld[artifact_of(section, name)] = "/exclude"

    def look_at_other(self, section: str, count: int) -> None:
        """Tell how many artifacts the service has of a section that no account has."""
        if count:
            self._told.warn(
                "NotPushed",
                f"{count} {section} stay in the service: an integration account has none. Make "
                "what they do again, in workflows.",
                section,
            )

    def counted(self) -> PlannedArtifacts:
        """What is done with how many artifacts, and the first of those that do not stay."""
        counts = {
            CHILDREN[child].section: dict(sorted(self._counts[child].items()))
            for child in ARTIFACTS
            if child in self._counts
        }
        return PlannedArtifacts(counts=counts, items=list(self._items), more=self._more)

    def end(self) -> tuple[list[Problem], list[Warning]]:
        """Everything that forbids the push, and everything that surprises."""
        self._hold()
        self._quotas()
        lacking = self._dangling()
        self._import()
        self._deletions()
        for finding in self._collector.end().found:
            self._finding(finding, lacking)
        for problem in wrong_vaults(self._body.key_vaults, self._vaults):
            self._told.refuse(problem)
        problems, warnings = self.keys.end()
        for problem in problems:
            self._told.refuse(problem)
        return self._told.problems(), [*self._told.warnings(), *warnings]

    def _count(self, child: Child, name: str, action: Action) -> None:
        self._counts.setdefault(child, Counter())[action] += 1
        if action is Action.REFUSE and len(self._refused) < _NAMED:
            self._refused.append(_at(child, name))
        if action is Action.SAME:
            return
        if len(self._items) < _ITEMS:
            section = CHILDREN[child].section
            self._items.append(PlannedArtifact(section=section, name=name, action=action))
        else:
            self._more += 1

    def _holds(self, child: Child, name: str, document: JsonObject) -> None:
        """The account will have this."""
        section = CHILDREN[child].section
        self._held.add(artifact_of(section, name))
        self._collector.artifact(child, name, document)
        if section not in SECTIONS:
            return
        for one in references(Section(section), document):
            key = artifact_of(one.section, one.name)
            if key not in self._held:
                self._waiting.setdefault(key, []).append((section, name, one.pointer))

    def _certificate(self, record: Record) -> None:
        document = record.document
        if record.size is not None:
            if record.data is not None and _is_pfx(record.data):
                self._told.refuse(
                    Problem(
                        Code.INVALID_REQUEST,
                        f"The content of the certificate '{shown(record.name)}' is a PFX, with a "
                        "private key: an account takes the public part alone. Put that as its "
                        "content, name the key in a vault in its document, or exclude it.",
                        "/exclude",
                    )
                )
            else:
                self._collector.certificate(record.name, record.certificate)
        key = key_of(document)
        if key is not None:
            self._vaults.add(vault_key(key.vault))
        moved = key_of(self._changes.applied(record.child, document))
        if moved is not None:
            self.keys.add(record.name, moved)
        if self._changes.loses_version(document):
            self._told.warn(
                "KeyVersionLeftOut",
                "Its key's version is one of the former vault: in the other one the newest "
                "version counts.",
                _at(record.child, record.name),
            )

    def _content(self, record: Record, document: JsonObject) -> None:
        child, at = record.child, _at(record.child, record.name)
        if CHILDREN[child].holds in (Holds.TEXT, Holds.BYTES) and record.size is None:
            self._told.refuse(
                Problem(
                    Code.ARTIFACT_NOT_FOUND,
                    f"{at} has no content in the service, and Azure takes none without. Put its "
                    "content, or exclude it.",
                    "/exclude",
                )
            )
        most = MOST_CONTENT.get(child)
        if most is not None and record.size is not None and record.size > most:
            self._told.warn(
                "ContentLarge",
                f"Its content has {record.size} bytes; Azure documents {most} as the most, and may "
                "refuse it.",
                at,
            )
        if record.data is None or child not in (Child.SCHEMAS, Child.MAPS):
            return
        if child is Child.MAPS:
            self._collector.map_content(record.name, document, record.data)
        section = CHILDREN[child].section
        for one in imports(record.data):
            if one.is_remote:
                self._told.warn(
                    "RemoteImport",
                    f"It takes {shown(one.address)} from elsewhere when it is used: no backup "
                    "holds that, and the account must reach it.",
                    at,
                )
            else:
                whole, stem = one.names
                wanted = self._imported.setdefault((whole, stem), [])
                wanted.append(f"{section}\n{at}\n{one.address}")

    def _import(self) -> None:
        """What schemas and maps take from files that will not be in the account."""
        for (whole, stem), takers in self._imported.items():
            for taker in takers:
                section, at, address = taker.split("\n", 2)
                if (section, whole) not in self._held and (section, stem) not in self._held:
                    self._told.warn(
                        "ImportMissing",
                        f"It takes {shown(address)}, and the account will have nothing of that "
                        f"name in its {section}.",
                        at,
                    )

    def _hold(self) -> None:
        count = sum(counts[Action.REFUSE] for counts in self._counts.values())
        if not count:
            return
        names = _listed(self._refused, count)
        self._told.refuse(
            Problem(
                Code.INTEGRATION_ACCOUNT_HOLDS,
                f"The account has {count} artifacts otherwise than the service: {names}. Send "
                "existing: replace, and they become the service's, after a backup of the account; "
                "or existing: keep, and they stay; exclude them; or push into another account.",
                "/existing",
            )
        )

    def _quotas(self) -> None:
        for child, counts in self._counts.items():
            most = limit(self._sku, child)
            peak = counts.total()  # deletions come after all writes
            if most is None or peak <= most or not counts[Action.CREATE]:
                continue
            after = peak - counts[Action.DELETE]
            section = CHILDREN[child].section
            if after > most:
                how = f"it would hold {after}. Exclude some, or choose an account of a higher tier."
                if counts[Action.KEEP] and self._body.extra is Extra.KEEP:
                    how += " Or delete what only the account has, with extra: delete."
            else:
                how = (
                    f"it would hold {peak} until the {counts[Action.DELETE]} that are deleted are "
                    "gone, which comes last. Delete those in the account first, or raise its tier."
                )
            self._told.refuse(
                Problem(
                    Code.QUOTA_EXCEEDED,
                    f"An account of the tier {self._sku} may hold {most} {section}; {how}",
                    "/create/sku" if self._body.create is not None else "/exclude",
                )
            )

    def _dangling(self) -> set[tuple[str, str, str]]:
        """Refuse references to what the request withholds from the account."""
        found: set[tuple[str, str, str]] = set()
        for key, users in self._waiting.items():
            if key in self._held or key not in self._withheld:
                continue
            place, what = self._withheld[key], f"{key[0]}/{shown(key[1])}"
            found.update(users)
            names = _listed([*dict.fromkeys(f"{section}/{name}" for section, name, _ in users)])
            self._told.refuse(
                Problem(
                    Code.DANGLING_REFERENCE,
                    f"{what} is excluded, the account does not have it, and {names} would name it "
                    "there. Exclude these too, or neither."
                    if place == "/exclude"
                    else f"{what} would be deleted, as the service does not have it, and {names}, "
                    "which the account will hold, names it. Send extra: keep, or exclude it.",
                    place,
                )
            )
        return found

    def _deletions(self) -> None:
        for child, counts in self._counts.items():
            section = CHILDREN[child].section
            there = counts.total() - counts[Action.CREATE]
            if Removal(section, there, counts[Action.DELETE]).is_too_much:
                self._told.warn(
                    "DeletesMost",
                    f"{counts[Action.DELETE]} of the {there} {section} that the account has are "
                    "deleted, as the service does not have them.",
                    section,
                )

    def _finding(self, finding: Finding, lacking: set[tuple[str, str, str]]) -> None:
        if (finding.section, finding.name, finding.pointer) in lacking:
            return
        kept = artifact_of(finding.section, finding.name) in self._kept
        if kept and finding.code is not FindingCode.DUPLICATE_IDENTITIES:
            return
        at = f"{finding.section}/{finding.name}"
        place = f" ({finding.pointer})" if finding.pointer else ""
        self._told.warn(str(finding.code), f"{finding.message}{place}", at)


def _at(child: Child, name: str) -> str:
    return f"{CHILDREN[child].section}/{shown(name)}"


def _listed(names: Sequence[str], count: int = 0) -> str:
    """The first of some names, and how many more there are."""
    first = [shown(name) for name in names[:_NAMED]]
    more = max(count, len(names)) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def _is_pfx(data: bytes) -> bool:
    """Whether bytes are a PFX in DER: a sequence that begins with its version."""
    if len(data) < 8 or data[0] != 0x30:
        return False
    head = 2 if data[1] < 0x80 or data[1] == 0x80 else 2 + (data[1] & 0x7F)
    return data[head : head + 3] == _PFX_VERSION
