"""Reading the artifacts of an account, and staging what changed of them.

An account has no snapshot. So all lists are read, and read again until nothing has moved between
two readings; what moved is looked at again. Content is fetched only where the list says that it is
not what the service has.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from shared.arm.addresses import asked_of, of_account
from shared.arm.client import Account
from shared.arm.refusals import ArmRefused, Meaning, is_kind_unknown
from shared.integration_accounts.pulling.comparing import (
    has_time_of,
    is_same,
    is_told,
    is_told_as_stored,
    printed,
)
from shared.integration_accounts.pulling.held import Held, Key
from shared.integration_accounts.pulling.reading import Read
from shared.integration_accounts.pulling.refused import Refusals, require_for_good
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.artifact import Artifact, ContentReference
from shared.model.descriptor import Failure
from shared.model.integration_account import Child
from shared.model.problem import Problem
from shared.model.sections import Section
from shared.model.service import Service
from shared.model.wire import JsonObject, JsonValue
from shared.operations.task import Task
from shared.rules.documents import replace_secrets
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.drift import Change, Drift, drift
from shared.rules.integration_accounts.findings import ORDER, Collector
from shared.rules.integration_accounts.removals import Removal, require_accepted
from shared.rules.integration_accounts.resources import (
    ContentWanted,
    Pulled,
    lacks_content,
    name_of,
    record_of,
)
from shared.rules.integration_accounts.times import moment, ticks_of
from shared.rules.integration_accounts.unheld import require_unheld
from shared.rules.naming import artifact_key, shown
from shared.sealing.data_key import DataKey
from shared.services.certificates import public_certificate
from shared.services.documents import open_document
from shared.state.artifact_rows import ArtifactFacts
from shared.state.edits import Put
from shared.storage.pace import Pace
from shared.streams.bounded import each_of

MOST_READINGS = 6
"""How often the lists are read: once, and up to five times more while something moves."""

_AT_ONCE = 8
"""Artifacts whose content is fetched concurrently."""

_TOLD = 20
"""The most artifacts that a warning names."""


class ArtifactPull:
    """One pull of an account's artifacts.

    :param found_at: the time for what has none of its own.
    :param by_times: what the service has came from this account: an artifact whose times say that
        it is the same is not compared.
    :param refused: artifacts whose content the last pull did not get.
    """

    def __init__(
        self,
        stores: PullStores,
        service: Service,
        account: Account,
        key: DataKey,
        *,
        task: Task,
        found_at: datetime,
        by_times: bool,
        refused: Collection[Failure],
    ) -> None:
        self._stores = stores
        self._service = service
        self._account = account
        self._key = key
        self._task = task
        self._stage = task.operation.id
        self._found_at = found_at
        self._by_times = by_times
        self._refused_before = refused
        self._held = Held(stores, service)
        self._prints: dict[Key, bytes] = {}
        """What the last reading saw, by section and key."""
        self._names: dict[Key, str] = {}
        self._refusals = Refusals()
        """Looked at again, whatever the lists say of them."""
        self.findings = Collector(found_at)
        self.read = Read()

    async def run(self) -> Read:
        """Read until nothing moves, and stage what differs from the service; then what is gone.

        :raises ArmRefused: what ARM refused; nothing but staged rows was written.
        :raises Problem: KeyUnavailable; IntegrationAccountUnavailable for content that another
            attempt may get.
        """
        await self._held.load()
        for number in range(1, MOST_READINGS + 1):
            self.read.readings = number
            moved = await self._reading(first=number == 1)
            if number > 1 and not moved:
                self.read.moved = []
                break
            self.read.moved = sorted(moved)[:_TOLD]
        self.read.refused = self._refusals.of_content(self._names)
        require_for_good(self.read.refused, self._refused_before, self._task.operation.attempt)
        for at in sorted(set(self._held.facts) - set(self._prints)):
            if at[0] not in self._not_covered():
                await self._stage_removal(at)
        return self.read

    def _not_covered(self) -> set[Section]:
        """Sections that the account has no kind for, or refused to list: they stay as they are."""
        covered = {CHILDREN[c].section for c in ORDER if c not in self.read.not_covered}
        return {section for section in Section if section not in covered}

    async def _reading(self, *, first: bool) -> set[str]:
        """Read all lists once; return the names of what is not as the last reading saw it."""
        moved: set[str] = set()
        seen: dict[Key, bytes] = {}
        for child in ORDER:
            if child in self.read.not_covered:
                continue
            count = 0
            try:
                async for page in self._account.pages(child):
                    await self._task.checkpoint()
                    looked_at: list[Pulled] = []
                    for resource in page:
                        at = self._at(child, resource)
                        if at is None:
                            continue
                        print_ = printed(resource)
                        count += at not in seen
                        seen[at] = print_
                        changed = self._prints.get(at) != print_
                        if changed:
                            moved.add(self._path(at))
                        if self._refusals.begin(at, changed=changed):
                            pulled = await self._taken(at, child, resource)
                            if pulled is not None:
                                self._find(pulled, first=first)
                                looked_at.append(pulled)
                    await each_of(looked_at, self._look_at, Pace(_AT_ONCE))
                    self._task.report(f"reading {child}", count)
            except ArmRefused as refused:
                if not is_kind_unknown(child, refused):
                    raise
                self.read.not_covered.append(child)
                self.read.counts.pop(child, None)
            else:
                self.read.counts[child] = count
        for at in [at for at in self._prints if at not in seen]:
            moved.add(self._path(at))
            self._refusals.forget(at)
            self._forget(at)
            await self._unstage(at)
        self._prints = seen
        moved |= {self._path(at) for at in self._refusals.moving()}
        return set() if first else moved

    def _find(self, pulled: Pulled, *, first: bool) -> None:
        """Look for what is unusual: once, as the first reading sees everything."""
        if not first:
            return
        self.findings.artifact(pulled.child, pulled.name, pulled.document)

    def _path(self, at: Key) -> str:
        return f"{at[0]}/{shown(self._names[at])}"

    def _at(self, child: Child, resource: JsonObject) -> Key | None:
        """Section and key of a resource; None for one whose name no artifact of its own has."""
        try:
            name = name_of(child, resource)
        except Problem as problem:
            self.read.not_held[f"{CHILDREN[child].section}/"] = problem.message
            return None
        at = Section(CHILDREN[child].section), artifact_key(name)
        other = self._names.setdefault(at, name)
        if other != name and other.lower() != name.lower():
            self.read.not_held[f"{at[0]}/{shown(name)}"] = (
                f"'{shown(name)}' and '{shown(other)}' of the account's {child} are told apart by "
                "letters that are written in two ways: a service cannot hold both. Rename one."
            )
            return None
        self._names[at] = name
        return at

    async def _taken(self, at: Key, child: Child, resource: JsonObject) -> Pulled | None:
        """What a resource becomes; None where no service can hold it."""
        self._forget(at)
        try:
            return record_of(child, resource)
        except Problem as problem:
            await self._leave(at, problem)
            return None

    async def _leave(self, at: Key, problem: Problem) -> None:
        """Leave what the service has of an artifact, as it cannot hold what the account has.

        :raises Problem: the given one, if that is not why.
        """
        require_unheld(problem)
        self.read.not_held[self._path(at)] = problem.message
        self._refusals.forget(at)
        await self._unstage(at)

    def _forget(self, at: Key) -> None:
        """Forget what was found of an artifact that is looked at again, or is gone."""
        self.read.not_held.pop(self._path(at), None)
        self.read.without_content.pop(self._path(at), None)

    async def _look_at(self, pulled: Pulled) -> None:
        at = Section(pulled.section), artifact_key(pulled.name)
        known = self._held.facts.get(at)
        if self._by_times and known is not None and is_same(known, pulled):
            await self._unstage(at)
            self._find_expiry(pulled, known.content)
            self._find_lack(at, pulled)
            return
        content: ContentReference | None = None
        try:
            try:
                pulled = await self._whole(pulled)
                content = await self._content(pulled, known)
            except ArmRefused as refused:
                self._refusals.note(at, refused)
                if refused.meaning is Meaning.CHILD_GONE:
                    return
            await self._stage_put(at, pulled, content, known)
        except Problem as problem:
            await self._leave(at, problem)
            return
        if at in self._refusals:
            return
        self._find_lack(at, pulled)
        self._find_expiry(pulled, content)

    async def _whole(self, pulled: Pulled) -> Pulled:
        """An artifact with its content, or where that is. A list may lack what the artifact itself
        has: it is asked for, once.

        :raises ArmRefused: CHILD_GONE if it is gone; or what ARM refuses.
        """
        if not lacks_content(pulled):
            return pulled
        item = await self._account.item(pulled.child, pulled.name)
        if item is None:
            raise ArmRefused(
                Meaning.CHILD_GONE,
                asked_of("GET", of_account(self._account.id, pulled.child, pulled.name)),
            )
        return record_of(pulled.child, item)

    def _find_lack(self, at: Key, pulled: Pulled) -> None:
        if lacks_content(pulled):
            self.read.without_content[self._path(at)] = "key" in pulled.document

    def _find_expiry(self, pulled: Pulled, content: ContentReference | None) -> None:
        if pulled.child is Child.CERTIFICATES and content and self.read.readings == 1:
            self.findings.certificate(pulled.name, content.certificate)

    async def _content(
        self, pulled: Pulled, known: ArtifactFacts | None
    ) -> ContentReference | None:
        wanted = pulled.content
        if wanted is None:
            # Of an artifact that did not change since, the bytes are still those.
            kept = known is not None and self._by_times and has_time_of(known, pulled)
            return known.content if known is not None and kept and lacks_content(pulled) else None
        if isinstance(wanted, ContentWanted):
            if known is not None and known.content is not None and is_told(known.content, wanted):
                return known.content
            fetched = await self._account.content(pulled.child, pulled.name, wanted.link)
            self.read.fetched += 1
            data, kind = fetched.data, fetched.content_type
        else:
            data, kind = wanted, ""
        kind = kind or CHILDREN[pulled.child].content_type or "application/octet-stream"
        reference = await self._stores.content.put(self._service.id, data, kind, None)
        if pulled.child is not Child.CERTIFICATES:
            return reference
        try:
            facts = await public_certificate(data)
        except Problem:
            return reference  # told by the findings; an account is as it is
        return reference.model_copy(update={"certificate": facts})

    async def _stage_put(
        self,
        at: Key,
        pulled: Pulled,
        content: ContentReference | None,
        known: ArtifactFacts | None,
    ) -> None:
        section, name = at[0], pulled.name
        before = None
        if known is not None:
            before = await self._stores.configuration.artifact(self._service.id, section, name)
        bound_to = artifact_key(name)

        def seal(pointer: str, value: JsonValue) -> JsonValue:
            return self._key.seal(section, bound_to, pointer, value)

        artifact = Artifact(
            section=section,
            name=name,
            document=replace_secrets(section, pulled.document, seal),
            content=content,
            changed_at=moment(pulled.changed_time) or self._found_at,
        )
        told: Drift | None = Drift(Change.ADDED)
        if known is not None and before is not None:
            stored = before.value
            opened = open_document(self._key, section, stored.name, stored.document)
            told = drift(opened, pulled.document, content=stored.content != content)
            if told is None and is_told_as_stored(known, pulled):
                await self._unstage(at)
                return
        change = told.change if told else Change.CHANGED
        shown: JsonObject = told.to_json() if told else {"change": change}
        put = Put(artifact, new=before is None)
        time = pulled.changed_time if ticks_of(pulled.changed_time) is not None else ""
        await self._stores.staging.put(self._service.id, self._stage, put, shown, time)
        self.read.staged[at] = name, change

    async def _stage_removal(self, at: Key) -> None:
        name = self._held.facts[at].name
        told = Drift(Change.REMOVED).to_json()
        await self._stores.staging.remove(self._service.id, self._stage, at[0], name, told)
        self.read.staged[at] = name, Change.REMOVED

    async def _unstage(self, at: Key) -> None:
        staged = self.read.staged.pop(at, None)
        if staged is not None:
            await self._stores.staging.forget(self._service.id, self._stage, at[0], staged[0])

    def added_agreements(self) -> list[str]:
        """Agreements that the service had not: what their sessions say was not counted before."""
        return [
            name
            for (section, _), (name, change) in self.read.staged.items()
            if section is Section.AGREEMENTS and change is Change.ADDED
        ]

    def require_removals_accepted(self, *, accepted: bool) -> None:
        """Refuse a pull that would remove too much.

        :raises Problem: PullRemovesTooMuch, unless that is accepted.
        """
        staged = self.read.staged.items()
        gone = Counter(at[0] for at, (_, change) in staged if change is Change.REMOVED)
        added = sum(change is Change.ADDED for _, (_, change) in staged)
        removals = [
            Removal(section, count, gone[section])
            for section, count in sorted(self._held.counts().items())
        ]
        require_accepted(removals, added=added, accepted=accepted)
