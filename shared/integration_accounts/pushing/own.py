"""What a push has written itself: in the account it may look otherwise than it was sent, as Azure
may add members by itself, or have other values.

So it is told from what somebody else wrote by what Azure answered, which is noted. Of the one write
of which nothing was heard, as its answer was lost or a worker died, it is told by this: all that
was sent is in it, and it is not as it was before the backup.
"""

from dataclasses import dataclass, field

from shared.integration_accounts.pushing.noted import Noted
from shared.integration_accounts.pushing.progress import Progressing
from shared.integration_accounts.pushing.survey import Survey, Surveyor
from shared.integration_accounts.pushing.written import Counted
from shared.model.integration_account import Child
from shared.model.operation import Warning
from shared.model.push import Action
from shared.model.record import Record
from shared.model.wire import JsonObject
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.push_choice import Key, key_of
from shared.rules.integration_accounts.push_plan import (
    Seen,
    additions,
    differences,
    is_same,
    is_same_content,
    is_same_document,
    seen_in_account,
)
from shared.rules.integration_accounts.resources import record_of, resource_of
from shared.rules.naming import shown, some

_OTHERWISE = frozenset({Action.REFUSE, Action.REPLACE, Action.KEEP})
"""What is done with what the account has otherwise than the service."""

_SENT = frozenset({Counted.CREATED, Counted.REPLACED})
_NAMED = 5


@dataclass
class OwnWrites:
    """What the attempts of one push wrote, and what they left."""

    progress: Progressing
    _changed: set[Key] = field(default_factory=set)
    """What was found as Azure answered it, where that has other values than were written."""

    def answered(self, child: Child, wanted: Seen, body: JsonObject, answer: JsonObject) -> None:
        """Tell what Azure answered to a write, or has after one of which nothing was heard; and
        note it, where it is not what was sent.

        :param wanted: as it was to become.
        :param body: of the PUT.
        """
        pulled = record_of(child, {**answer, "name": wanted.name})
        there, key = seen_in_account(pulled), _key(wanted)
        places = differences(child, body, answer)
        added: tuple[str, ...] = ()
        is_same_there = is_same_document(wanted, there)
        if not places and not is_same_there:
            added = additions(child, body, resource_of(child, wanted.name, pulled.document))
        if not is_same_there or key in self.progress.noted:
            self.progress.note_artifact(Noted.of(there, is_changed=bool(places)))
        if places or added:
            told = _answered_otherwise(f"{key[0]}/{shown(wanted.name)}", places, added)
            self.progress.written.warn(told)

    def leave(self, child: Child, name: str) -> None:
        """Leave an artifact as somebody made it: from now on it is not taken for what the push
        wrote, in no attempt."""
        section, written = CHILDREN[child].section, self.progress.written
        is_unheard = self.is_unheard(key_of(section, name))
        written.settle(section, name, done=False)
        self.progress.note_artifact(Noted.left(child, name))
        written.warn(_left(f"{section}/{shown(name)}", is_unheard=is_unheard))

    def is_wrong(self, key: Key, action: Action) -> bool:
        """Whether an artifact that counts as the same, or is kept, is not as it was to become at
        the end: Azure has other values than were written, or the account did not keep it when the
        push began."""
        if action is not Action.KEEP:
            return key in self._changed
        # The version before may not have staged what is kept, with what is replaced.
        came = self.progress.written.answers_noted and key not in self.progress.before
        return came or self._is_left(key)

    async def settle(self, survey: Survey, surveyor: Surveyor) -> None:
        """Take for the same, in a survey, what the push has written; and keep what it left, where
        that would forbid it to go on.

        :raises ArmRefused: what ARM refused.
        """
        self._changed.clear()
        for child in CHILDREN:
            section = CHILDREN[child].section
            unheard = set[Key]()
            for key, action in survey.actions.items():
                if key[0] != section or action not in _OTHERWISE or self._is_left(key):
                    continue
                if not survey.there[key].is_held:
                    continue
                if await self._is_as_answered(key, survey, surveyor):
                    survey.actions[key] = Action.SAME
                elif self._may_be_unheard(key) and not self._is_as_before(key, survey):
                    unheard.add(key)
            if not unheard:
                continue
            async for page in surveyor.records(child):
                for record in page:
                    key = key_of(section, record.name)
                    if key in unheard and await self._is_there(key, record, survey, surveyor):
                        survey.actions[key] = Action.SAME
        self._keep_left(survey)

    def is_unheard(self, key: Key) -> bool:
        """Whether an artifact was sent, and it is not known whether that was carried out."""
        one = self.progress.written.sending
        return one is not None and one.counted in _SENT and key_of(one.section, one.name) == key

    async def is_own(
        self, record: Record, wanted: Seen, resource: JsonObject, surveyor: Surveyor
    ) -> bool:
        """Whether a resource is what was written of a record, where nothing was heard of that: all
        that was sent is in it, and it is not as it was before the backup. Then it is told as if it
        had been answered.

        :param wanted: the record, as it was to become.
        :raises ArmRefused: what ARM refused.
        """
        child = wanted.child
        body = resource_of(child, record.name, surveyor.changes.applied(child, record.document))
        if differences(child, body, resource):
            return False
        before = self.progress.before.get(_key(wanted))
        there = seen_in_account(record_of(child, resource))
        if wanted.content is not None or before is not None:
            there = await surveyor.with_hash(there, resource)
        if is_same_content(wanted.content, there.content) is not True:
            return False
        if before is not None and is_same(before, there):
            return False
        self.answered(child, wanted, body, resource)
        return True

    def _keep_left(self, survey: Survey) -> None:
        """One that was sent as there was none, and is neither that nor nothing, may be somebody's,
        or what Azure made of it: it stays, and forbids nothing."""
        for key, action in survey.actions.items():
            if action is not Action.REFUSE:
                continue
            if self.is_unheard(key) and not self._is_left(key):
                there = survey.there[key]
                self.leave(there.child, there.name)
            if self._is_left(key):
                survey.actions[key] = Action.KEEP

    async def _is_as_answered(self, key: Key, survey: Survey, surveyor: Surveyor) -> bool:
        noted, there = self.progress.noted.get(key), survey.there[key]
        if noted is None or noted.answered is None:
            return False
        if not is_same_document(noted.answered.seen(), there):
            return False
        wanted = survey.records[key].content
        same = is_same_content(wanted, there.content)
        if same is None:
            same = is_same_content(wanted, (await surveyor.hashed(there)).content)
        if same is True and noted.is_changed:
            self._changed.add(key)
        return same is True

    def _may_be_unheard(self, key: Key) -> bool:
        """Whether it is not known what became of a write of an artifact, or whether there was one,
        as the version before noted no answers."""
        return self.is_unheard(key) or not self.progress.written.answers_noted

    def _is_left(self, key: Key) -> bool:
        noted = self.progress.noted.get(key)
        return noted is not None and noted.is_left

    def _is_as_before(self, key: Key, survey: Survey) -> bool:
        before = self.progress.before.get(key)
        return before is not None and is_same(before, survey.there[key])

    async def _is_there(self, key: Key, record: Record, survey: Survey, surveyor: Surveyor) -> bool:
        wanted = survey.records[key]
        resource = await surveyor.item(wanted.child, record.name)
        return resource is not None and await self.is_own(record, wanted, resource, surveyor)


def _key(one: Seen) -> Key:
    return key_of(CHILDREN[one.child].section, one.name)


def _left(target: str, *, is_unheard: bool) -> Warning:
    if is_unheard:
        said = (
            "The answer to its write was lost, and the account has it neither as it was sent nor "
            "as it was before: somebody changed it meanwhile, or Azure changed what was sent. So "
            "it stays. Look at it, and push again."
        )
    else:
        said = (
            "Somebody made or changed it in the account after this push was planned, or removed it "
            "from the service: the plan does not name it so, or no backup has it as it is. So it "
            "stays. Push again when nobody changes them."
        )
    return Warning(code="ChangedMeanwhile", message=said, target=target)


def _answered_otherwise(target: str, places: tuple[str, ...], added: tuple[str, ...]) -> Warning:
    if places:
        said = f"Azure answered it otherwise than it was written: {', '.join(places[:_NAMED])}."
    else:
        said = (
            f"Azure added members that were not written: {some(added, _NAMED)}. It is as it was "
            "written but for these."
        )
    return Warning(code="AnsweredOtherwise", message=said, target=target)
