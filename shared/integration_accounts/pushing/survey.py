"""What the service and the account hold, and what a push does with each artifact.

Three readings: of the service, for its names and digests; of the account, against them; and of the
service again, with content, for the checks. Names and digests alone are kept.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace

from shared.arm.refusals import ArmRefused, is_kind_unknown
from shared.integration_accounts.pushing.stores import PushStores
from shared.integration_accounts.pushing.target import Target
from shared.model.artifact import ContentReference
from shared.model.integration_account import Child
from shared.model.numbers import Numbering
from shared.model.problem import Problem
from shared.model.push import Action, PushBody
from shared.model.record import Record
from shared.model.service import Service
from shared.model.wire import JsonObject
from shared.operations.task import Task
from shared.rules.agreement_numbers import numbering_of_any
from shared.rules.integration_accounts.children import BY_SECTION, CHILDREN
from shared.rules.integration_accounts.findings import ORDER
from shared.rules.integration_accounts.maps import fitting_map_type
from shared.rules.integration_accounts.push_changes import Changes
from shared.rules.integration_accounts.push_checks import PushChecks
from shared.rules.integration_accounts.push_choice import Choice, Chosen, Key, key_of
from shared.rules.integration_accounts.push_contents import Record as Checked
from shared.rules.integration_accounts.push_plan import (
    Content,
    Seen,
    action_of,
    content_of,
    needs_bytes,
    seen,
    seen_in_account,
)
from shared.rules.integration_accounts.resources import (
    ContentWanted,
    Pulled,
    lacks_content,
    record_of,
)
from shared.rules.integration_accounts.unheld import (
    require_unheld,
    seen_unheld,
    unheld_document,
    unheld_name,
)
from shared.rules.naming import artifact_key
from shared.rules.trading import (
    agreement_content,
    member,
    parties_key_of_any,
    stream_of,
)
from shared.services.cut import ServiceCut

_LOOKED_INTO = frozenset({Child.CERTIFICATES, Child.SCHEMAS, Child.MAPS})
"""Kinds whose content the checks read."""


@dataclass(frozen=True)
class AgreementThere:
    """An agreement that the account will hold, as its control numbers need it."""

    name: str
    standard: str
    """``x12``, ``edifact``, ``as2``; empty where its document has none."""
    numbering: Numbering
    stream: str = ""
    """Which numbers it issues, by its parties; empty where its document does not say."""
    is_kept: bool = False
    """Whether the account keeps its own, otherwise than the service has it: its numbers are raised
    where the service's of the same parties are further, and never lowered."""


@dataclass
class Survey:
    """What was found."""

    chosen: Chosen
    records: dict[Key, Seen] = field(default_factory=dict)
    """Of the service, chosen or not."""
    there: dict[Key, Seen] = field(default_factory=dict)
    """Of the account: what the service has too."""
    actions: dict[Key, Action] = field(default_factory=dict)
    """Of the chosen artifacts of the service."""
    deletions: dict[Child, list[str]] = field(default_factory=dict)
    deleted: dict[Key, Seen] = field(default_factory=dict)
    """The same, as the account has them."""
    counted: dict[Child, int] = field(default_factory=dict)
    """How many of each kind the account has."""
    not_covered: list[Child] = field(default_factory=list)
    """Kinds that the account refused to list."""
    agreements: dict[str, AgreementThere] = field(default_factory=dict)
    """The chosen agreements, by their keys, but for those that are left alone."""
    left_alone: dict[str, str] = field(default_factory=dict)
    """The names of chosen agreements of which the account keeps one between other parties: what
    the service has of sessions is not of that one."""
    agreements_there: dict[Key, AgreementThere] = field(default_factory=dict)
    """The account's own of agreements, where it may keep it."""
    all_agreements: dict[str, str] = field(default_factory=dict)
    """The names of all agreements of the service and the account, by their keys."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether the account has any artifact."""
        return any(self.counted.values())

    def of(self, child: Child, *actions: Action) -> list[str]:
        """The names of the service's artifacts with which one of these is done."""
        return [
            self.records[key].name
            for key, action in self.actions.items()
            if action in actions and self.records[key].child is child
        ]


Settle = Callable[[Survey, "Surveyor"], Awaitable[None]]
"""Changes the actions of a survey."""


class Surveyor:
    """Makes one survey.

    :param checks: what looks at everything; None where nobody asks.
    :param settle: says of what the account has otherwise, before that, what the push wrote itself;
        None where it has not begun to.
    """

    def __init__(
        self,
        stores: PushStores,
        service: Service,
        cut: ServiceCut,
        target: Target,
        body: PushBody,
        *,
        changes: Changes,
        checks: PushChecks | None,
        task: Task | None,
        settle: Settle | None = None,
    ) -> None:
        self._stores = stores
        self._service = service
        self._cut = cut
        self._target = target
        self._body = body
        self.changes = changes
        self._settle = settle
        self._checks = checks
        self._task = task
        self._choice = Choice(body.include, body.exclude)

    async def run(self) -> Survey:
        """Look at everything.

        :raises ArmRefused: what ARM refused.
        :raises Problem: BlobMissing.
        """
        records, agreements = await self._of_service()
        found = Survey(self._choice.end()[0], records)
        for agreement, one in agreements.items():
            found.all_agreements[agreement] = one.name
            if found.chosen.takes(CHILDREN[Child.AGREEMENTS].section, one.name):
                found.agreements[agreement] = one
        if self._target.exists:
            await self._of_account(found)
        for key, record in records.items():
            if found.chosen.takes(CHILDREN[record.child].section, record.name):
                found.actions.setdefault(key, Action.CREATE)
        found.problems = self._choice.end()[1]
        if self._settle is not None:
            await self._settle(found, self)
        # After that: one that the push wrote itself is not the account's own.
        for key, theirs in found.agreements_there.items():
            if found.actions.get(key) is Action.KEEP:
                _keep(found, theirs)
        if self._checks is not None:
            await self._look_at_all(found, self._checks)
        return found

    async def records(self, child: Child) -> AsyncIterator[list[Record]]:
        """The service's artifacts of a kind, secrets in the clear."""
        async for page in self._cut.records(CHILDREN[child].section):
            if self._task is not None:
                await self._task.checkpoint()
            yield page

    async def _of_service(self) -> tuple[dict[Key, Seen], dict[str, AgreementThere]]:
        records: dict[Key, Seen] = {}
        agreements: dict[str, AgreementThere] = {}
        for child in ORDER:
            section = CHILDREN[child].section
            async for page in self.records(child):
                for one in page:
                    self._choice.add(section, one.name, one.document)
                    records[key_of(section, one.name)] = await self.seen(child, one)
                    if child is Child.AGREEMENTS:
                        agreements[artifact_key(one.name)] = _agreement(one.name, one.document)
        return records, agreements

    async def seen(self, child: Child, record: Record) -> Seen:
        """A record as it is compared."""
        document, reference = self.changes.applied(child, record.document), record.content
        content, map_type = None, ""
        if reference is not None:
            untyped = child is Child.MAPS and member(document, "mapType") is None
            if reference.md5 is None or untyped:
                data = await self._stores.bytes_of(self._service, reference)
                content = content_of(data)
                map_type = fitting_map_type(data) if untyped else ""
            else:
                content = Content(reference.size, reference.md5)
        return seen(child, record.name, document, content, map_type=map_type)

    async def _of_account(self, found: Survey) -> None:
        for child in ORDER:
            count = 0
            try:
                async for page in self._target.account.pages(child):
                    if self._task is not None:
                        await self._task.checkpoint()
                    for resource in page:
                        count += 1
                        await self._compare(found, child, resource)
            except ArmRefused as refused:
                if not is_kind_unknown(child, refused):
                    raise
                found.not_covered.append(child)
            found.counted[child] = count

    async def _compare(self, found: Survey, child: Child, resource: JsonObject) -> None:
        section, name = CHILDREN[child].section, unheld_name(child, resource)
        key = key_of(section, name)
        pulled, why = _pulled(child, name, resource)
        record = found.records.get(key)
        self._choice.add_target(section, name)
        if child is Child.AGREEMENTS:
            found.all_agreements.setdefault(artifact_key(name), name)
        is_chosen = (
            found.chosen.takes(section, record.name)
            if record is not None
            else found.chosen.takes_extra(section, name)
        )
        there = seen_unheld(child, name)
        if not why:
            there = await self.seen_there(pulled, record if is_chosen else None)
        action = action_of(record, there, self._body.existing, self._body.extra, chosen=is_chosen)
        assert action is not None, "the account has it"
        if action is Action.DELETE:
            found.deletions.setdefault(child, []).append(name)
            found.deleted[key] = there
        if record is not None:
            found.there[key] = there
            if is_chosen:
                found.actions[key] = action
        may_keep = action in (Action.KEEP, Action.REFUSE)
        if may_keep and child is Child.AGREEMENTS and record is not None:
            found.agreements_there[key] = _agreement(name, pulled.document)
        if self._checks is None:
            return
        if action in (Action.KEEP, Action.DELETE):
            self._checks.look_at_target(child, name, pulled.document, action)
        if why and action in (Action.REPLACE, Action.DELETE):
            self._checks.touches_unheld(child, name)
        elif why:
            self._checks.keeps_unheld(child, name, why)
        elif action in (Action.REPLACE, Action.DELETE):
            self._checks.touches(child, name, pulled.document, await self._size(pulled))

    async def _size(self, pulled: Pulled) -> int | None:
        """Bytes of an artifact's content; None where it has none, 0 where that is not said. One
        that is listed without its content is asked for alone, once, as a pull does."""
        content = pulled.content
        if lacks_content(pulled):
            resource = await self.item(pulled.child, pulled.name)
            content = record_of(pulled.child, resource).content if resource is not None else b""
        if isinstance(content, ContentWanted):
            return content.size or 0
        return len(content) if content is not None else None

    async def seen_there(self, pulled: Pulled, record: Seen | None) -> Seen:
        """A resource of the account as it is compared; its content is fetched where only its bytes
        tell whether it is the record's."""
        there, wanted = seen_in_account(pulled), pulled.content
        if not needs_bytes(record, there) or not isinstance(wanted, ContentWanted):
            return there
        account = self._target.account
        fetched = await account.content(pulled.child, pulled.name, wanted.link)
        return replace(there, content=content_of(fetched.data))

    async def seen_now(self, child: Child, resource: JsonObject, record: Seen) -> Seen:
        """A resource of the account, asked for alone, as it is compared with a record; of one that
        no service can hold, that it is none that a service has."""
        try:
            pulled = record_of(child, resource)
        except Problem as problem:
            require_unheld(problem)
            return seen_unheld(child, record.name)
        return await self.seen_there(pulled, record)

    async def hashed(self, one: Seen) -> Seen:
        """An artifact of the account as it is now, with the hash of its content; as it was where it
        is gone.

        :raises ArmRefused: what ARM refused.
        """
        resource = await self.item(one.child, one.name)
        if resource is None:
            return one
        return await self.with_hash(seen_in_account(record_of(one.child, resource)), resource)

    async def item(self, child: Child, name: str) -> JsonObject | None:
        """An artifact of the account as it is now; None where there is none of that name.

        :raises ArmRefused: what ARM refused.
        """
        return await self._target.account.item(child, name)

    async def with_hash(self, one: Seen, resource: JsonObject) -> Seen:
        """An artifact of the account with the hash of its content, which is fetched where its link
        has none.

        :param resource: the same, as ARM answered it.
        :raises ArmRefused: what ARM refused.
        """
        wanted = record_of(one.child, resource).content
        if not isinstance(wanted, ContentWanted) or wanted.md5:
            return one
        fetched = await self._target.account.content(one.child, one.name, wanted.link)
        return replace(one, content=content_of(fetched.data))

    async def _look_at_all(self, found: Survey, checks: PushChecks) -> None:
        for child in ORDER:
            section = CHILDREN[child].section
            async for page in self.records(child):
                for one in page:
                    key = key_of(section, one.name)
                    action = found.actions.get(key)
                    if action is None:
                        if key not in found.there:
                            checks.leaves_out(section, one.name)
                    elif action is not Action.KEEP:
                        checks.look_at(await self._checked(child, one), action)
        head = await self._stores.configuration.head(self._service.id)
        for section, count in sorted((head.counts if head is not None else {}).items()):
            if section not in BY_SECTION:
                checks.look_at_other(section, count)

    async def _checked(self, child: Child, record: Record) -> Checked:
        reference: ContentReference | None = record.content
        data = None
        if reference is not None and child in _LOOKED_INTO:
            data = await self._stores.bytes_of(self._service, reference)
        return Checked(
            child,
            record.name,
            record.document,
            size=reference.size if reference is not None else None,
            data=data,
            certificate=reference.certificate if reference is not None else None,
        )


def _pulled(child: Child, name: str, resource: JsonObject) -> tuple[Pulled, str]:
    """A resource of the account, and why no service can hold it; empty where one can."""
    try:
        return record_of(child, resource), ""
    except Problem as problem:
        require_unheld(problem)
        document, section = unheld_document(resource), CHILDREN[child].section
        return Pulled(child, section, name, document, "", None), problem.message


def _agreement(name: str, document: JsonObject) -> AgreementThere:
    found = agreement_content(document)
    stream = stream_of(parties_key_of_any(document))
    return AgreementThere(name, found[0] if found else "", numbering_of_any(document), stream)


def _keep(found: Survey, theirs: AgreementThere) -> None:
    """Note that the account keeps its own of an agreement."""
    key = artifact_key(theirs.name)
    own = found.agreements.pop(key, None)
    if own is None:
        return
    if own.stream and own.stream == theirs.stream:
        found.agreements[key] = replace(theirs, is_kept=True)
    else:
        found.left_alone[key] = own.name
