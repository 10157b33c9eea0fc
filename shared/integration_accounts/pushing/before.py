"""How the artifacts looked that a push replaces or deletes, before the backup of before was made.

It is staged once. Right before each of them is written, or deleted, it must look just so: what
somebody made or changed since is in no backup, whichever attempt meets it. What the account keeps
otherwise than the service is staged too: it is told by that from what the push writes.
"""

from collections.abc import Iterable, Mapping
from functools import partial

from pydantic import Field

from shared.integration_accounts.pushing.patient import patiently
from shared.integration_accounts.pushing.survey import Survey, Surveyor
from shared.model.integration_account import Child
from shared.model.push import Action
from shared.model.wire import JsonObject, Stored
from shared.operations.task import Task
from shared.rules.integration_accounts.children import CHILDREN
from shared.rules.integration_accounts.push_choice import Key, key_of
from shared.rules.integration_accounts.push_plan import Content, Seen

Before = Mapping[Key, Seen]
"""By section and name."""


class StagedSeen(Stored):
    """An artifact of the account, as it is staged."""

    child: Child
    name: str
    fingerprint: str
    bare: str = ""
    read_out: list[tuple[str, str]] = Field(default_factory=list)
    has_content: bool = False
    size: int | None = None
    md5: str = ""

    @staticmethod
    def of(one: Seen) -> "StagedSeen":
        """As it is staged."""
        content = one.content
        return StagedSeen(
            child=one.child,
            name=one.name,
            fingerprint=one.fingerprint,
            bare=one.bare,
            read_out=list(one.read_out),
            has_content=content is not None,
            size=content.size if content is not None else None,
            md5=content.md5 if content is not None else "",
        )

    def seen(self) -> Seen:
        """As it is compared."""
        content = Content(self.size, self.md5) if self.has_content else None
        read_out = tuple(self.read_out)
        return Seen(self.child, self.name, self.fingerprint, content, self.bare, read_out)


def staged(before: Before) -> list[JsonObject]:
    """What is staged of each."""
    return [StagedSeen.of(one).to_json() for one in before.values()]


def before_of(values: Iterable[JsonObject]) -> dict[Key, Seen]:
    """What was staged."""
    found = (StagedSeen.model_validate(value).seen() for value in values)
    return {key_of(CHILDREN[one.child].section, one.name): one for one in found}


async def look_before(task: Task, survey: Survey, surveyor: Surveyor) -> dict[Key, Seen]:
    """What the survey saw of each artifact that is replaced, kept or deleted. Content whose link
    has no hash is fetched: nothing else tells later whether it is the same.

    :raises ArmRefused: what ARM refused.
    """
    found = dict(survey.deleted)
    for key, action in survey.actions.items():
        if action in (Action.REPLACE, Action.KEEP):
            found[key] = survey.there[key]
    for key, one in found.items():
        if one.content is not None and not one.content.md5:
            await task.checkpoint()
            found[key] = await patiently(task, partial(surveyor.hashed, one))
    return found
