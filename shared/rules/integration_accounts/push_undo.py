"""What forbids to replace or delete artifacts of an account: that they could not be brought back.

The undo of a push is a push of the backup of before. So what is replaced or deleted must be in that
backup with all that a PUT takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from shared.model.integration_account import Child
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.rules.integration_accounts.children import CHILDREN, Holds
from shared.rules.integration_accounts.limits import MOST_CONTENT
from shared.rules.integration_accounts.resources import fits_inline, goes_inline
from shared.rules.naming import some

_NAMED = 100
"""Artifacts that an error names; of the others it says how many."""


class Lack(StrEnum):
    """Why an artifact of the account could not be brought back."""

    CONTENT = "Azure gives no content of it"
    SIZE = "its content is larger than Azure documents as the most of one, and refuses"
    ADDRESS = "its content is too large for a request, or no plain UTF-8: Azure would read it by \
an address, and cannot"
    HOLDING = "no service can hold it as the account has it, so no backup has it"
    BACKUP = "it is not whole in the backup that was made of the account"


_WHAT_TO_DO = {
    Lack.CONTENT: "Put its content into the account again, or delete it there yourself",
    Lack.SIZE: "Keep its content, and delete it there yourself",
    Lack.ADDRESS: "Let Azure read the app's storage; or keep its content, and delete it there "
    "yourself",
    Lack.HOLDING: "Change it there, as ArtifactNotHeld of a pull says, or delete it there yourself",
    Lack.BACKUP: "Look at the failures of that backup, and push again",
}


def lack_of(child: Child, size: int | None, data: bytes | None = None) -> Lack | None:
    """Why content could not be put into an account again, None where it could. ADDRESS holds only
    where Azure cannot read content from the app's storage.

    :param size: bytes; None where there is no content.
    :param data: the content itself, where it is at hand.
    """
    if CHILDREN[child].holds not in (Holds.TEXT, Holds.BYTES):
        return None
    if size is None:
        return Lack.CONTENT
    most = MOST_CONTENT.get(child)
    if most is not None and size > most:
        return Lack.SIZE
    fits = fits_inline(child, size) if data is None else goes_inline(child, data)
    return None if fits else Lack.ADDRESS


def no_undo(lacking: Mapping[Lack, Sequence[str]], unreadable: str = "") -> Iterator[Problem]:
    """What forbids to replace or delete artifacts.

    :param lacking: what could not be brought back, and why.
    :param unreadable: why Azure can read no content from the app's storage.
    """
    for lack, paths in lacking.items():
        if not paths:
            continue
        why = f"{lack}, as {unreadable}" if lack is Lack.ADDRESS else str(lack)
        yield Problem(
            Code.BACKUP_INCOMPLETE,
            f"{some(paths, _NAMED)} would be replaced or deleted, and no push could bring back any "
            f"of these: {why}. {_WHAT_TO_DO[lack]}; or exclude it, or send "
            "existing: keep and extra: keep.",
            "/existing",
        )


def key_is_gone(path: str, key: str, vault: str, how: str) -> Warning:
    """The warning of a certificate that is replaced or deleted, and whose own key is not in its
    vault any more. Azure takes it from nobody, so an undo leaves it out; to forbid the push would
    keep its operator from every certificate that was rotated, and save nothing.

    :param how: what is wrong with the key in the vault.
    """
    return Warning(
        code="UndoIncomplete",
        message=f"It is replaced or deleted, and the undo of this push cannot bring it back: it "
        f"needs the key '{key}', and the vault {vault} {how}. Exclude it from the undo, with what "
        "names it and is not there without it; or give the vault that key again before the undo.",
        target=path,
    )


def over_limit(section: str, there: int, deleted: int, most: int) -> Warning:
    """The warning of deletions from an account that holds more than Azure documents: to forbid them
    would keep its operator from emptying it.

    :param there: how many of the section it holds.
    :param most: how many it may hold.
    """
    beyond = min(deleted, there - most)
    return Warning(
        code="UndoIncomplete",
        message=f"The account holds {there} {section}, and Azure documents {most} as the most of "
        f"its tier. So the undo of this push can bring back {deleted - beyond} of the {deleted} "
        f"that are deleted: exclude {beyond} from it, or raise the tier before.",
        target=section,
    )
