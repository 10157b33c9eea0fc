"""Everything of a push that forbids it or surprises, artifact by artifact.

It looks at what the account will hold: what the push writes, and what stays. It keeps names and
digests, no documents. Errors point into the request, at the member that would change them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from shared.model.integration_account import Child, Sku
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.push import Action, Extra, PlannedArtifact, PlannedArtifacts, PushBody
from shared.model.sections import SECTIONS, Section
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.children import ARTIFACTS, CHILDREN
from shared.rules.integration_accounts.findings import Collector, Finding, FindingCode
from shared.rules.integration_accounts.limits import limit
from shared.rules.integration_accounts.push_changes import (
    Changes,
    key_of,
    vault_key,
    wrong_vaults,
)
from shared.rules.integration_accounts.push_choice import Key
from shared.rules.integration_accounts.push_choice import key_of as artifact_of
from shared.rules.integration_accounts.push_contents import Contents, Record
from shared.rules.integration_accounts.push_keys import VaultKeys
from shared.rules.integration_accounts.push_told import Told
from shared.rules.integration_accounts.push_undo import Lack, lack_of, no_undo, over_limit
from shared.rules.integration_accounts.removals import Removal
from shared.rules.integration_accounts.resources import left_out
from shared.rules.integration_accounts.unheld import not_held
from shared.rules.naming import shown, some
from shared.rules.references import references

_NAMED = 5
"""Artifacts that a message names; of the others it says how many."""
_FINDINGS = 1_000
"""Findings that are looked at one by one."""
_ITEMS = 200
"""Artifacts that a plan names one by one."""
_WITH_OTHERS = frozenset({FindingCode.DUPLICATE_IDENTITIES, FindingCode.IDENTITY_UNKNOWN})
"""Findings that what stays may have because of what is written."""
_UNFIT = re.compile(r"[^A-Za-z0-9_.()-]")
_LONGEST = 80


class PushChecks:
    """Collects what there is, best in ``ORDER``, and then says what is wrong with it.

    It must be told every artifact of the account and of the service once: by ``look_at`` what the
    push takes, by ``look_at_target`` what the account keeps of its own or loses, by ``leaves_out``
    what neither has.
    """

    def __init__(self, body: PushBody, changes: Changes, sku: Sku, now: datetime) -> None:
        """
        :param sku: the tier of the account, as it is or as it is made.
        """
        self._body, self._changes, self._sku = body, changes, sku
        self._collector = Collector(now, _FINDINGS)
        self._counts: dict[Child, Counter[Action]] = {}
        self._items: list[PlannedArtifact] = []
        self._more = 0
        self._held: set[Key] = set()
        self._kept: set[Key] = set()
        self._withheld: dict[Key, str] = {}
        self._waiting: dict[Key, list[tuple[str, str, str]]] = {}
        self._vaults: set[str] = set()
        self._refused: list[str] = []
        self._told = Told()
        self._contents = Contents(self._told, self._collector)
        self._lost: dict[Lack, list[str]] = {}
        self.keys = VaultKeys()
        """The keys that are to be looked at in their vaults."""

    def look_at(self, record: Record, action: Action) -> None:
        """Tell an artifact of the service that the push takes, unless the account's is kept.

        :param action: create, replace, same or refuse. Of what is the same already, as of what
            stays, only what it has to do with the rest is told.
        """
        child, name = record.child, record.name
        document = self._changes.applied(child, record.document)
        self._count(child, name, action)
        self._holds(child, name, document)
        key = key_of(record.document) if child is Child.CERTIFICATES else None
        if key is not None:
            self._vaults.add(vault_key(key.vault))
        if action is Action.SAME:
            self._kept.add(artifact_of(CHILDREN[child].section, name))
            return
        self._contents.look_at(record, document)
        if key is not None:
            self._key(name, record.document)
        if _UNFIT.search(name) or len(name) > _LONGEST:
            self._told.warn(
                Warning(
                    code="NameUnfit",
                    message="Azure documents names of 1 to 80 letters A to Z, digits, and - _ . ( "
                    ") for what an account holds, and may refuse this one.",
                    target=_at(child, name),
                )
            )
        pointers = left_out(child, document)
        if pointers:
            self._told.warn(
                Warning(
                    code="MembersLeftOut",
                    message=f"Azure takes no such members: {_listed(pointers)}. They stay in the "
                    "service and its backups.",
                    target=_at(child, name),
                )
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

    def touches(self, child: Child, name: str, document: JsonObject, size: int | None) -> None:
        """Tell an artifact that the account has, and that the push replaces or deletes.

        :param size: bytes of its content; None where Azure gives none.
        """
        if pointers := left_out(child, document):
            self._told.warn(
                Warning(
                    code="MembersLost",
                    message=f"The account has members of it that no push may write: "
                    f"{_listed(pointers)}. They are lost when it is replaced or deleted, and the "
                    "undo does not bring them back; the backup from before has them.",
                    target=_at(child, name),
                )
            )
        key = key_of(document) if child is Child.CERTIFICATES else None
        if key is not None:
            self.keys.add_touched(name, key)
        lack = lack_of(child, size)
        if lack is not None:
            self._lost.setdefault(lack, []).append(_at(child, name))

    def touches_unheld(self, child: Child, name: str) -> None:
        """Tell an artifact that the push would replace or delete, and that no service can hold as
        the account has it."""
        self._lost.setdefault(Lack.HOLDING, []).append(_at(child, name))

    def keeps_unheld(self, child: Child, name: str, why: str) -> None:
        """Tell such an artifact that the push does not touch.

        :param why: for a person, a whole sentence.
        """
        self._told.warn(not_held(child, name, why))

    def leaves_out(self, section: str, name: str) -> None:
        """Tell an artifact of the service that the choice leaves out, and the account has not."""
        self._withheld[artifact_of(section, name)] = "/exclude"

    def look_at_other(self, section: str, count: int) -> None:
        """Tell how many artifacts the service has of a section that no account has."""
        if count:
            self._told.warn(
                Warning(
                    code="NotPushed",
                    message=f"{count} {section} stay in the service: an integration account has "
                    "none. Make what they do again, in workflows.",
                    target=section,
                )
            )

    def counted(self) -> PlannedArtifacts:
        """What is done with how many artifacts, and the first of those that do not stay."""
        counts = {
            CHILDREN[child].section: dict(sorted(self._counts[child].items()))
            for child in ARTIFACTS
            if child in self._counts
        }
        return PlannedArtifacts(counts=counts, items=list(self._items), more=self._more)

    @property
    def gives_addresses(self) -> bool:
        """Whether Azure is to read content from the app's storage, by the push or by its undo."""
        return bool(self._contents.by_address) or Lack.ADDRESS in self._lost

    def end(self, unreadable: str = "") -> tuple[list[Problem], list[Warning]]:
        """Everything that forbids the push, and everything that surprises.

        :param unreadable: why Azure can read no content from there; empty where it can, as far as
            is known.
        """
        self._hold()
        self._quotas()
        lacking = self._dangling()
        self._contents.end(self._held, unreadable)
        if not unreadable:
            self._lost.pop(Lack.ADDRESS, None)
        for problem in no_undo(self._lost, unreadable):
            self._told.refuse(problem)
        self._deletions()
        findings = self._collector.end()
        for finding in findings.found:
            self._finding(finding, lacking)
        if findings.more:
            self._told.warn(
                Warning(
                    code="FindingsLeftOut",
                    message=f"{findings.more} more findings about what the account will hold are "
                    "not told.",
                )
            )
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

    def _key(self, certificate: str, document: JsonObject) -> None:
        moved = key_of(self._changes.applied(Child.CERTIFICATES, document))
        if moved is not None:
            self.keys.add(certificate, moved)
        if self._changes.loses_version(document):
            self._told.warn(
                Warning(
                    code="KeyVersionLeftOut",
                    message="Its key's version is one of the former vault: in the other one the "
                    "newest version counts.",
                    target=_at(Child.CERTIFICATES, certificate),
                )
            )

    def _hold(self) -> None:
        count = sum(counts[Action.REFUSE] for counts in self._counts.values())
        if not count:
            return
        names = _listed(self._refused, count)
        what = "1 artifact" if count == 1 else f"{count} artifacts"
        self._told.refuse(
            Problem(
                Code.INTEGRATION_ACCOUNT_HOLDS,
                f"The account has {what} otherwise than the service: {names}. Send "
                "existing: replace, and they become the service's, after a backup of the account; "
                "or existing: keep, and they stay; exclude them; or push into another account.",
                "/existing",
            )
        )

    def _quotas(self) -> None:
        for child, counts in self._counts.items():
            most = limit(self._sku, child)
            peak = counts.total()  # deletions come after all writes
            if most is None or peak <= most:
                continue
            section, deleted = CHILDREN[child].section, counts[Action.DELETE]
            if not counts[Action.CREATE]:
                if deleted:
                    self._told.warn(over_limit(section, peak, deleted, most))
                continue
            after = peak - deleted
            if after > most:
                how = f"it would hold {after}. Exclude some, or choose an account of a higher tier."
                if counts[Action.KEEP] and self._body.extra is Extra.KEEP:
                    how += " Or delete what only the account has, with extra: delete."
            else:
                how = (
                    f"it would hold {peak} until the {deleted} that are deleted are "
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
            if place == "/exclude":
                # What stays as it is lacked it before: that is not this push's doing.
                users = [one for one in users if artifact_of(one[0], one[1]) not in self._kept]
            if not users:
                continue
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
                    Warning(
                        code="DeletesMost",
                        message=f"{counts[Action.DELETE]} of the {there} {section} that the "
                        "account has are deleted, as the service does not have them.",
                        target=section,
                    )
                )

    def _finding(self, finding: Finding, lacking: set[tuple[str, str, str]]) -> None:
        if (finding.section, finding.name, finding.pointer) in lacking:
            return
        kept = artifact_of(finding.section, finding.name) in self._kept
        if kept and finding.code not in _WITH_OTHERS:
            return
        at = f"{finding.section}/{finding.name}"
        place = f" ({finding.pointer})" if finding.pointer else ""
        self._told.warn(
            Warning(code=str(finding.code), message=f"{finding.message}{place}", target=at)
        )


def _at(child: Child, name: str) -> str:
    return f"{CHILDREN[child].section}/{shown(name)}"


def _listed(names: Sequence[str], count: int = 0) -> str:
    """The first of some names, and how many more there are."""
    return some([shown(name) for name in names], _NAMED, count)
