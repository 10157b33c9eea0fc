"""What a push has written itself: in the account it may look otherwise than it was sent, as Azure
may add members by itself.

So it is told from what somebody else wrote by what Azure answered, or, where an attempt died before
that was heard, by this: all that was sent is in it, and it is not as it was before the backup.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.integration_accounts.pushing.survey import Survey, Surveyor
from shared.integration_accounts.pushing.written import Written
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

_NAMED = 5


@dataclass
class OwnWrites:
    """What the attempts of one push wrote.

    :param before: what was there before the backup, of what the service has otherwise.
    """

    before: Mapping[Key, Seen]
    written: Written
    left: set[Key] = field(default_factory=set)
    """What this attempt left as somebody made it."""
    _answered: dict[Key, Seen] = field(default_factory=dict)
    """What Azure answered otherwise than it was sent."""

    def answered(self, child: Child, wanted: Seen, body: JsonObject, answer: JsonObject) -> None:
        """Tell what Azure answered to a write, or has after one of which nothing was heard.

        :param wanted: as it was to become.
        :param body: of the PUT.
        """
        pulled = record_of(child, {**answer, "name": wanted.name})
        there = seen_in_account(pulled)
        key = key_of(CHILDREN[child].section, wanted.name)
        places = differences(child, body, answer)
        added: tuple[str, ...] = ()
        if not places and not is_same_document(wanted, there):
            added = additions(child, body, resource_of(child, wanted.name, pulled.document))
            self._answered[key] = there
        if places or added:
            self.written.warn(_answered_otherwise(f"{key[0]}/{shown(wanted.name)}", places, added))

    async def has_all(
        self, surveyor: Surveyor, wanted: Seen, body: JsonObject, resource: JsonObject
    ) -> bool:
        """Whether all that is written is in a resource, and it is not as it was before the backup:
        then it was written."""
        child, before = wanted.child, self.before.get(_key(wanted))
        if differences(child, body, resource):
            return False
        there = seen_in_account(record_of(child, resource))
        if wanted.content is not None or before is not None:
            there = await surveyor.with_hash(there, resource)
        if is_same_content(wanted.content, there.content) is not True:
            return False
        return before is None or not is_same(before, there)

    async def settle(self, survey: Survey, surveyor: Surveyor) -> None:
        """Take for the same, in a survey, what the push has written.

        :raises ArmRefused: what ARM refused.
        """
        for child in CHILDREN:
            section = CHILDREN[child].section
            open_ = [
                key
                for key, action in survey.actions.items()
                if key[0] == section and action in _OTHERWISE and key not in self.left
                if survey.there[key].is_held
            ]
            unheard = set[Key]()
            for key in open_:
                if await self._is_as_answered(key, survey, surveyor):
                    survey.actions[key] = Action.SAME
                elif not self._is_as_before(key, survey):
                    unheard.add(key)
            if not unheard:
                continue
            async for page in surveyor.records(child):
                for record in page:
                    key = key_of(section, record.name)
                    if key in unheard and await self._is_written(child, record, survey, surveyor):
                        survey.actions[key] = Action.SAME

    async def _is_as_answered(self, key: Key, survey: Survey, surveyor: Surveyor) -> bool:
        answered, there = self._answered.get(key), survey.there[key]
        if answered is None or not is_same_document(answered, there):
            return False
        wanted = survey.records[key].content
        same = is_same_content(wanted, there.content)
        if same is None:
            same = is_same_content(wanted, (await surveyor.hashed(there)).content)
        return same is True

    def _is_as_before(self, key: Key, survey: Survey) -> bool:
        before = self.before.get(key)
        return before is not None and is_same(before, survey.there[key])

    async def _is_written(
        self, child: Child, record: Record, survey: Survey, surveyor: Surveyor
    ) -> bool:
        wanted = survey.records[key_of(CHILDREN[child].section, record.name)]
        body = resource_of(child, record.name, surveyor.changes.applied(child, record.document))
        resource = await surveyor.item(child, record.name)
        if resource is None or not await self.has_all(surveyor, wanted, body, resource):
            return False
        self.answered(child, wanted, body, resource)
        return True


def _key(one: Seen) -> Key:
    return key_of(CHILDREN[one.child].section, one.name)


def _answered_otherwise(target: str, places: tuple[str, ...], added: tuple[str, ...]) -> Warning:
    if places:
        said = f"Azure answered it otherwise than it was written: {', '.join(places[:_NAMED])}."
    else:
        said = (
            f"Azure added members that were not written: {some(added, _NAMED)}. It is as it was "
            "written but for these."
        )
    return Warning(code="AnsweredOtherwise", message=said, target=target)
