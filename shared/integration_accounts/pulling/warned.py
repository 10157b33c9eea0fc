"""The warnings of a pull: what the service has not as the account has it, and why."""

from collections.abc import Mapping

from shared.integration_accounts.pulling.behind import Behind, NumbersBehind
from shared.integration_accounts.pulling.emptied import Kept
from shared.integration_accounts.pulling.reading import Read
from shared.model.descriptor import CONTENT_MISSING, ITEM_UNREADABLE, Failure
from shared.model.integration_account import Child, Sku
from shared.model.operation import Warning
from shared.model.sections import SESSIONS
from shared.rules.naming import shown

_MOST_FAILURES = 900
"""A backup takes 1,000, and is none with more: so an account with many such artifacts has one all
the same. The warnings say how many there are."""

_NAMED = 20
"""So many of a kind are named each in a warning of its own."""


def warnings(
    read: Read,
    sessions: Mapping[str, str],
    numbers: NumbersBehind,
    resource_id: str,
    sku: Sku,
) -> list[Warning]:
    """All warnings of a pull. A backup of what it brought carries them too.

    :param sessions: those that no service can hold, each with why.
    :param numbers: those that are lower than the ledger knows, or gone, and those that cannot be
        read.
    :param resource_id: of the account.
    :param sku: the account's tier.
    """
    elsewhere = _numbers_elsewhere(read, resource_id, sku)
    # Of an account whose sessions are elsewhere, those that it does not list say nothing.
    known = {
        name: one for name, one in numbers.found.items() if one.value is not None or not elsewhere
    }
    return [
        *elsewhere,
        *_changing(read, resource_id),
        *(_not_covered(child) for child in read.not_covered),
        *_first([_artifact(*one) for one in sorted(read.not_held.items())], resource_id),
        *_first([_without_content(path) for path in sorted(read.without_content)], resource_id),
        *_first([_refused(one) for one in read.refused], resource_id),
        *_first([_session(*one) for one in sorted(sessions.items())], resource_id),
        *_first([_set_back(*one) for one in sorted(known.items())], resource_id),
        *_first([_unreadable(*one) for one in sorted(numbers.unreadable.items())], resource_id),
    ]


def lacking(read: Read, sessions: Mapping[str, str]) -> list[Failure]:
    """What the account has and the service has not, or not as it is there, but for content that was
    refused: a backup of what was pulled lacks it too.

    What no tier, or no api-version, gives is no failure: it is told by warnings alone.

    :param sessions: those that no service can hold, each with why.
    """
    not_held = [
        _failure(path, ITEM_UNREADABLE, f"No service can hold it as the account has it: {why}")
        for path, why in [
            *sorted(read.not_held.items()),
            *((f"{SESSIONS}/{shown(name)}", why) for name, why in sorted(sessions.items())),
        ]
    ]
    without = [
        _failure(path, CONTENT_MISSING, "The account gives no content of it.")
        for path, may_be in sorted(read.without_content.items())
        if not may_be
    ]
    return [*not_held, *without][:_MOST_FAILURES]


def _failure(path: str, code: str, message: str) -> Failure:
    section, _, name = path.partition("/")
    return Failure(section=section, name=name, code=code, message=message)


def not_pulled(resource_id: str, held: str) -> Warning:
    """That a service holds nothing of the account that it is linked to.

    :param held: the ARM id of the account that what it has came from; empty where it is its own.
    """
    has = f"what an earlier pull brought of '{held}'" if held else "what the service had before"
    return Warning(
        code="AccountNotPulled",
        message="The service was linked, and no pull has brought what the account holds: there is "
        f"{has} here, and nothing of '{resource_id}'. Pull, or back up without pull: false.",
        target=resource_id,
    )


def _numbers_elsewhere(read: Read, resource_id: str, sku: Sku) -> list[Warning]:
    """By Microsoft's page on creating accounts, one of the tier Premium has a storage account of
    its owner's, which holds the control numbers and MIC values of its agreements."""
    lacks = read.counts.get(Child.AGREEMENTS, 0) and not read.counts.get(Child.SESSIONS, 0)
    if sku is not Sku.PREMIUM or not lacks:
        return []
    return [
        Warning(
            code="NumbersNotCovered",
            message="The account is of the tier Premium, has agreements, and gives no sessions: "
            "accounts of that tier keep control numbers in a storage account of your own, which "
            "no pull reads. Protect that one too; before numbers go on elsewhere, set each above "
            "what was issued.",
            target=resource_id,
        )
    ]


def _changing(read: Read, resource_id: str) -> list[Warning]:
    if read.is_consistent:
        return []
    return [
        Warning(
            code="AccountChanging",
            message=f"The account changed while it was read, {read.readings} times in a row: "
            "what the service has may be of different moments. Moved last: "
            f"{', '.join(read.moved)}. Pull again when nobody changes the account.",
            target=resource_id,
        )
    ]


def _not_covered(child: Child) -> Warning:
    return Warning(
        code="KindNotCovered",
        message=f"The account does not list {child}: nothing of that kind is in the service, "
        "unless an earlier pull brought it.",
        target=child,
    )


def _artifact(path: str, why: str) -> Warning:
    return Warning(
        code="ArtifactNotHeld",
        message=f"{path} is not in the service as the account has it: {why} What the service had "
        "of it before stays.",
        target=path,
    )


def _without_content(path: str) -> Warning:
    return Warning(
        code="ContentMissing",
        message=f"The account gives no content of {path}, neither in its list nor when it is asked "
        "for it alone: the service has its document, and content only where the artifact has not "
        "changed since it was pulled with some. Put its content into the account again.",
        target=path,
    )


def _refused(one: Failure) -> Warning:
    path = f"{one.section}/{shown(one.name)}"
    return Warning(
        code="ContentRefused",
        message=f"The content of {path} is not in the service. {one.message} So it was with a "
        "fresh link, and when it was tried again. The artifact is here without its content, and "
        "every backup of that is partial. Put the content into the account again, or delete the "
        "artifact there; an earlier backup may have its content.",
        target=path,
    )


def _session(name: str, why: str) -> Warning:
    return Warning(
        code="SessionNotHeld",
        message=f"The session '{shown(name)}' is not in the service as the account has it: {why} "
        "What the service had of it before stays.",
        target=f"{SESSIONS}/{shown(name)}",
    )


def _set_back(name: str, one: Behind) -> Warning:
    if one.value is None:
        return Warning(
            code="NumberSetBack",
            message=f"The account has no session '{shown(name)}', and numbers up to {one.issued} "
            "were issued: somebody deleted it, or they were issued elsewhere. The account begins "
            "again with the lowest number. Set the next number to a later one, past what may have "
            "been issued since it was pulled before.",
            target=f"{SESSIONS}/{shown(name)}",
        )
    return Warning(
        code="NumberSetBack",
        message=f"The session '{shown(name)}' is at {one.value}, and numbers up to {one.issued} "
        "were issued: somebody emptied it or set it back, or they were issued elsewhere. The "
        "account issues them again. Set the next number to a later one, past what may have been "
        "issued since it was pulled before.",
        target=f"{SESSIONS}/{shown(name)}",
    )


def kept_sessions(kept: Kept, resource_id: str) -> list[Warning]:
    """The warning of an account that was emptied or set back; none where nothing is kept.

    :param resource_id: of the account.
    """
    if not (kept.received or kept.others):
        return []
    return [
        Warning(
            code="SessionsKept",
            message=f"The account lost {kept.received} received numbers and {kept.others} other "
            "sessions that have not expired: somebody emptied it or set it back, and it accepts "
            "duplicates of them. The service keeps them until they expire. Push it into the "
            "account, which brings them back, before you set its control numbers.",
            target=resource_id,
        )
    ]


def _unreadable(name: str, agreement: str) -> Warning:
    return Warning(
        code="SessionUnreadable",
        message=f"The session '{shown(name)}' holds no control number that can be read. It is kept "
        f"as it is, but what the agreement '{shown(agreement)}' issues by it is not known here, so "
        "that no push can say where it goes on. Write the last number that was issued into the "
        "session, in the account, and pull again.",
        target=f"{SESSIONS}/{shown(name)}",
    )


def _first(found: list[Warning], resource_id: str) -> list[Warning]:
    """The first warnings of one code, and how many more there are."""
    if len(found) <= _NAMED:
        return found
    more = f"So it is with {len(found) - _NAMED} more."
    return [*found[:_NAMED], Warning(code=found[0].code, message=more, target=resource_id)]
