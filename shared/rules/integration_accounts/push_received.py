"""What a push tells of received numbers that the accounts which numbers came from have got since
they were pulled."""

from collections.abc import Sequence

from shared.model.operation import Warning
from shared.rules.naming import some

_TARGET = "control-numbers"
_SAID = 3


def received_old(silent: Sequence[str]) -> list[Warning]:
    """The warning of accounts that do not say what they received; none for none.

    :param silent: their ids.
    """
    if not silent:
        return []
    return [
        Warning(
            code="ReceivedNumbersOld",
            message="Received numbers and other sessions are created as the last pull saw them, as "
            "accounts that numbers of the service came from do not say what they received since: "
            f"{some(silent, _SAID)}. An interchange of that time is not "
            "known as a duplicate if a partner sends it again.",
            target=_TARGET,
        )
    ]


def receives_on(count: int) -> list[Warning]:
    """The warning of accounts that received more while a push ended; none for none.

    :param count: how many sessions they have got that the account lacks.
    """
    if not count:
        return []
    return [
        Warning(
            code="SourceReceivesOn",
            message=f"The accounts that numbers of the service came from got {count} received "
            "numbers or other sessions while this push ended, and the account lacks them: a "
            "duplicate of those would be accepted. Disable the workflows there, and push again.",
            target=_TARGET,
        )
    ]
