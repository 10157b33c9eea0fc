"""Received interchanges of an account as received numbers of the service."""

from datetime import datetime, timedelta

from shared.model.numbers import Bounds, Kind, Numbering
from shared.model.problem import Problem
from shared.model.runtime import ReceivedNumber
from shared.model.wire import JsonObject, as_whole
from shared.rules.agreement_numbers import numbering
from shared.rules.integration_accounts.sessions import ReceivedNumberSeen
from shared.rules.integration_accounts.times import moment
from shared.rules.received import kept, reference
from shared.rules.trading import agreement_content, member

USUAL_DAYS = 30
"""For how many days a number is recognised where the agreement does not say, as in Azure."""
_MOST_DAYS = 3650
_ISA13_DIGITS = 9


class Receiving:
    """What an agreement's document says of the numbers that it received."""

    def __init__(self, document: JsonObject) -> None:
        self._numbering = _numbering(document)
        self._validity = timedelta(days=validity_days(document))

    def number(self, session: str, seen: ReceivedNumberSeen, now: datetime) -> ReceivedNumber:
        """A session as a received number. Its validity may have expired.

        A session does not say which message brought the number: its name stands for that message,
        so that every other one is a duplicate. One whose processing failed counts as received too:
        who resends it releases the number first.

        :param session: the session's name.
        :param now: when it was received at the latest.
        """
        seen_at = min(moment(seen.changed_time) or now, now)
        return ReceivedNumber(
            agreement=seen.agreement,
            kind=Kind.INTERCHANGE,
            value=self._value(seen),
            message_id=session,
            seen_at=seen_at,
            expires_at=seen_at + self._validity,
        )

    def _value(self, seen: ReceivedNumberSeen) -> int | str:
        try:
            return reference(seen.value, Kind.INTERCHANGE, self._numbering)
        except Problem:
            return kept(seen.value)


def validity_days(document: JsonObject) -> int:
    """For how many days an agreement recognises a number that it received: 1 to 3,650."""
    content = agreement_content(document)
    receiving = member(content[1] if content else None, "receiveAgreement")
    validation = member(member(receiving, "protocolSettings"), "validationSettings")
    days = as_whole(member(validation, "interchangeControlNumberValidityDays"))
    if not isinstance(days, int) or isinstance(days, bool) or days < 1:
        return USUAL_DAYS
    return min(days, _MOST_DAYS)


def _numbering(document: JsonObject) -> Numbering:
    """The numbering of an agreement; of one whose bounds are wrong, what its standard says."""
    try:
        return numbering(document)
    except Problem:
        content = agreement_content(document)
        is_x12 = content is not None and content[0] == "x12"
        return {Kind.INTERCHANGE: Bounds(digits=_ISA13_DIGITS)} if is_x12 else {}
