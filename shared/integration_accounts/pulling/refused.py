"""Artifacts whose content an account does not give: for now, or for good.

One broken artifact must not leave a whole account without a backup, and nothing may look whole that
is not. So a pull is tried again as long as that may help; then it ends without that content, names
it, and every backup of what it brought is partial.
"""

from collections.abc import Collection, Mapping

from shared.arm.problems import said
from shared.arm.refusals import ArmRefused, Meaning
from shared.integration_accounts.pulling.held import Key
from shared.model.descriptor import CONTENT_MISSING, Failure
from shared.model.problem import Code, Problem
from shared.rules.naming import shown

_OF_CONTENT = frozenset({Meaning.CONTENT_UNREADABLE, Meaning.ELSEWHERE, Meaning.UNCLEAR})
"""What is said of one artifact's content, and of nothing else: all other refusals end a pull."""

_PATIENT_ATTEMPTS = 2
"""Attempts of an operation that end because of content that is refused: a minute lies behind them,
and every attempt asked for fresh links. The next one goes on without."""

_MOST = 1000
"""Most artifacts without their content in one pull: a backup takes no more failures."""

_NAMED = 20
"""So many of them are named in an error."""

_RETRY_AFTER_SECONDS = 30


class Refusals:
    """What was refused of single artifacts, reading by reading."""

    def __init__(self) -> None:
        self._now: dict[Key, ArmRefused] = {}
        self._lasting: set[Key] = set()
        """Those that were refused by the reading before too, and are listed as they were then."""
        self._again: set[Key] = set()
        """Those that were refused by the reading before."""

    def begin(self, at: Key, *, changed: bool) -> bool:
        """Begin with an artifact of a list; whether it is to be looked at.

        :param changed: whether the list has it otherwise than the reading before.
        """
        was_refused = self._now.pop(at, None) is not None
        if was_refused:
            self._again.add(at)
        if was_refused and not changed:
            self._lasting.add(at)
        else:
            self._lasting.discard(at)
        return was_refused or changed

    def forget(self, at: Key) -> None:
        """It is gone, or no service can hold it."""
        self._now.pop(at, None)

    def note(self, at: Key, refused: ArmRefused) -> None:
        """Note what was refused.

        :raises ArmRefused: the same, where it says more than that of one artifact.
        """
        if not _is_gone(refused) and refused.meaning not in _OF_CONTENT:
            raise refused
        self._now[at] = refused

    def __contains__(self, at: Key) -> bool:
        return at in self._now

    def moving(self) -> set[Key]:
        """At the end of a reading, those that the next one may find otherwise. What was refused
        twice, and is listed as it was, does not move."""
        given = self._again - self._now.keys()
        self._again = set()
        return given | {
            at for at, one in self._now.items() if _is_gone(one) or at not in self._lasting
        }

    def of_content(self, names: Mapping[Key, str]) -> list[Failure]:
        """Those that are there and do not give their content, as a backup tells them.

        :param names: their names, as the account spells them.
        """
        return [
            Failure(
                section=at[0],
                name=names[at],
                code=CONTENT_MISSING,
                message=f"Azure does not give its content: {said(one)}.",
            )
            for at, one in sorted(self._now.items())
            if not _is_gone(one)
        ]


def _is_gone(refused: ArmRefused) -> bool:
    return refused.meaning is Meaning.CHILD_GONE


def require_for_good(found: list[Failure], before: Collection[Failure], attempt: int) -> None:
    """Refuse to end a pull without content that another attempt may get.

    :param before: what the last pull did not get.
    :param attempt: of the operation.
    :raises Problem: IntegrationAccountUnavailable, which names all of it.
    """
    known = {(one.section, one.name) for one in before}
    lasts = all((one.section, one.name) in known for one in found)
    if len(found) <= _MOST and (lasts or attempt > _PATIENT_ATTEMPTS):
        return
    named = [f"{one.section}/{shown(one.name)}: {one.message}" for one in found[:_NAMED]]
    more = [f"So it is with {len(found) - _NAMED} more."] if len(found) > _NAMED else []
    raise Problem(
        Code.INTEGRATION_ACCOUNT_UNAVAILABLE,
        f"The account does not give the content of {len(found)} of its artifacts, by fresh links "
        f"neither. Nothing was lost; it is tried again. {' '.join([*named, *more])}",
        retry_after_seconds=_RETRY_AFTER_SECONDS,
    )
