"""Inbound state: received control numbers against duplicates, MIC values for receipts."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.clock import Clock
from shared.model.condition import Condition, unconditional
from shared.model.numbers import AgreementNumbers, Kind
from shared.model.runtime import MicBody, MicValue, ReceivedBody, ReceivedNumber
from shared.model.service import Service
from shared.model.wire import JsonObject, rfc3339
from shared.numbers.counters import require_still_own
from shared.rules.problems import agreement_not_found
from shared.rules.received import reference
from shared.rules.states import require_changeable, require_running
from shared.state.configuration import Configuration
from shared.state.mic_values import MicValues
from shared.state.received_numbers import ReceivedNumbers
from shared.state.services import Directory
from shared.storage.versioned import Versioned, optimistic


@dataclass(frozen=True)
class Seen:
    """What is known of a received number."""

    duplicate: bool
    first_seen_at: str

    def to_json(self) -> JsonObject:
        """As answers show it."""
        return {"duplicate": self.duplicate, "firstSeenAt": self.first_seen_at}


class Inbound:
    """Received control numbers and MIC values of services."""

    def __init__(
        self,
        *,
        configuration: Configuration,
        received: ReceivedNumbers,
        mics: MicValues,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._configuration = configuration
        self._received = received
        self._mics = mics
        self._directory = directory
        self._clock = clock

    @optimistic
    async def receive(self, service: Service, agreement: str, body: ReceivedBody) -> Seen:
        """Record a received number. It is a duplicate if another message brought it while it was
        valid.

        :raises Problem: ServiceNotActive, ManagedByAccount, AgreementNotFound; InvalidRequest for
            a value that the agreement's standard does not have.
        """
        numbers = await self._require(service, agreement)
        value = reference(body.value, body.kind, numbers.numbering)
        now = self._clock.now()
        number = ReceivedNumber(
            agreement=agreement,
            kind=body.kind,
            value=value,
            message_id=body.message_id,
            seen_at=now,
            expires_at=now + timedelta(days=body.validity_days),
        )
        found = await self._received.get(service.id, agreement, body.kind, value)
        if found is None:
            await self._received.add(service.id, number)
        elif found.value.expires_at <= now:
            await self._received.replace(service.id, number, found.etag)
        else:
            duplicate = found.value.message_id != body.message_id
            return Seen(duplicate, rfc3339(found.value.seen_at))
        return Seen(False, rfc3339(now))

    async def received(
        self, service: Service, agreement: str, kind: Kind, value: int | str
    ) -> Versioned[ReceivedNumber] | None:
        """A received number, None if it was not received or its validity has expired.

        :raises Problem: AgreementNotFound; InvalidRequest as ``receive``.
        """
        numbers = await self._configuration.numbers(service.id, agreement)
        if numbers is None:
            raise agreement_not_found(service.name, agreement)
        known = reference(value, kind, numbers.numbering, "value")
        found = await self._received.get(service.id, agreement, kind, known)
        expired = found is not None and found.value.expires_at <= self._clock.now()
        return None if expired else found

    @optimistic
    async def release(
        self,
        service: Service,
        agreement: str,
        kind: Kind,
        value: int | str,
        condition: Condition,
        before_write: Callable[[], Awaitable[None]],
    ) -> bool:
        """Delete a received number, so that its next message is not a duplicate; return whether it
        was known.

        :param before_write: called before it is deleted; an exception stops the deletion.
        :raises Problem: OperationNotAllowed, ManagedByAccount, ConditionNotMet; what
            ``received`` raises.
        """
        require_changeable(service)
        found = await self.received(service, agreement, kind, value)
        condition(found.etag if found else None)
        if found is None:
            return False
        # After the row was read: a pull of an account that was linked meanwhile writes its rows
        # anew, so that either the link is seen here, or the row is another one.
        await require_still_own(self._directory, service)
        await before_write()
        await self._received.drop(service.id, found.value, found.etag)
        return True

    @optimistic
    async def put_mic(
        self,
        service: Service,
        agreement: str,
        body: MicBody,
        condition: Condition = unconditional,
    ) -> tuple[Versioned[MicValue], bool]:
        """Store the MIC value of a message; return whether it is new.

        :raises Problem: ServiceNotActive, ManagedByAccount, AgreementNotFound, ConditionNotMet.
        """
        await self._require(service, agreement)
        mic = MicValue(agreement=agreement, time=self._clock.now(), **body.model_dump())
        known = await self._mics.get(service.id, agreement, body.message_id)
        condition(known.etag if known else None)
        etag = await self._mics.put(service.id, mic, known.etag if known else None)
        return Versioned(mic, etag), known is None

    async def get_mic(
        self, service: Service, agreement: str, message_id: str
    ) -> Versioned[MicValue] | None:
        """The MIC value of a message, None if none was stored.

        :raises Problem: AgreementNotFound.
        """
        if await self._configuration.numbers(service.id, agreement) is None:
            raise agreement_not_found(service.name, agreement)
        return await self._mics.get(service.id, agreement, message_id)

    async def _require(self, service: Service, agreement: str) -> AgreementNumbers:
        require_running(service)
        numbers = await self._configuration.numbers(service.id, agreement)
        if numbers is None:
            raise agreement_not_found(service.name, agreement)
        return numbers
