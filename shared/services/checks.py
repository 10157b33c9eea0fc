"""What must hold between artifacts of a service, checked for the head that is then written."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from shared.clock import Clock
from shared.model.artifact import Artifact, ImportItem
from shared.model.numbers import AgreementNumbers, Counters
from shared.model.problem import Code, Detail, Problem, problems_within
from shared.model.sections import NAMED, Section
from shared.model.service import Service
from shared.numbers.claims import Claims, tell_stream
from shared.numbers.counters import change_counters, require_still_own
from shared.numbers.streams import Family, family_of
from shared.rules.agreement_numbers import (
    numbering,
    numbering_of_any,
    require_fit_for_envelope,
    upper_bound_pointer,
)
from shared.rules.naming import artifact_key, shown, some
from shared.rules.numbers import rebound
from shared.rules.references import Reference, references
from shared.rules.trading import (
    Identity,
    parties,
    parties_key,
    parties_key_of_any,
    partner_identities,
    require_belongs,
    require_members_once,
    stream_of,
)
from shared.state.configuration import Configuration
from shared.state.control_numbers import Ledger, LedgerRow
from shared.state.edits import Put
from shared.state.services import Directory
from shared.streams.in_order import in_order, two_in_order

_SHOWN_USERS = 10

CounterChange = tuple[AgreementNumbers, Callable[[Counters], Counters], bool]
"""What an agreement will say, how that changes its counters, and whether its bounds change."""


@dataclass(frozen=True)
class LedgerFacts:
    """What the ledger says of agreements that are about to be written."""

    family: Family
    rows: Mapping[str, LedgerRow | None]
    """By the agreement's key."""


class Checks:
    """Checks what is about to be written, together with what is stored."""

    def __init__(
        self, configuration: Configuration, directory: Directory, ledger: Ledger, clock: Clock
    ) -> None:
        self._configuration = configuration
        self._claims = Claims(ledger, directory, clock)

    async def require_consistent(
        self,
        service: Service,
        puts: Sequence[Put],
        before: Sequence[Artifact | None],
        places: Sequence[str],
        ahead: Sequence[Artifact] = (),
    ) -> None:
        """Refuse artifacts that name missing ones, or that contradict others.

        :param places: where each is in the body of the request: problems point there.
        :param ahead: what would be written before these: it counts as stored.
        :raises Problem: DanglingReference; InvalidRequest for identities that their partner does
            not have, for two agreements between the same identities, for wrong bounds, for prefixes
            that an envelope cannot hold.
        """
        artifacts = [put.artifact for put in puts]
        at = dict(zip((_key(one.section, one.name) for one in artifacts), places, strict=True))
        new = {_key(one.section, one.name): one for one in (*ahead, *artifacts)}
        agreements = [one for one in artifacts if one.section is Section.AGREEMENTS]
        named, parties_there = await two_in_order(
            self._require_references(service, artifacts, new, at),
            self._parties_there(service, agreements),
        )
        for agreement in agreements:
            with problems_within(at[_key(agreement.section, agreement.name)]):
                numbering(agreement.document)
                require_fit_for_envelope(agreement.document)
                require_members_once(agreement.document)
                _require_identities(agreement, {**named, **new})
        others = [one for one in ahead if one.section is Section.AGREEMENTS]
        _require_one_agreement_between_two(agreements, others, parties_there, at)
        for put, stored, place in zip(puts, before, places, strict=True):
            if put.artifact.section is not Section.PARTNERS:
                continue
            with problems_within(place):
                known = partner_identities(put.artifact.document)
                if stored is not None:
                    gone = partner_identities(stored.document) - known
                    await self._require_not_traded_as(service, stored, gone, new)

    async def _require_references(
        self,
        service: Service,
        artifacts: Sequence[Artifact],
        new: dict[tuple[Section, str], Artifact],
        at: Mapping[tuple[Section, str], str],
    ) -> dict[tuple[Section, str], Artifact]:
        """Refuse what names a missing artifact; return the partners that are named."""
        wanted: dict[tuple[Section, str], tuple[Artifact, Reference]] = {}
        for artifact in artifacts:
            for reference in references(artifact.section, artifact.document):
                key = _key(reference.section, reference.name)
                if key not in new:
                    wanted.setdefault(key, (artifact, reference))
        found = await asyncio.gather(*(self._named(service, *key) for key in wanted))
        missing = [
            (artifact, reference)
            for there, (artifact, reference) in zip(found, wanted.values(), strict=True)
            if not there
        ]
        if missing:
            raise _dangling(missing, at)
        partners = zip(wanted, found, strict=True)
        return {key: one for key, one in partners if isinstance(one, Artifact)}

    async def _named(self, service: Service, section: Section, name: str) -> Artifact | bool:
        """An artifact that is named, where what it says is asked for; else whether it is there."""
        if section is not Section.PARTNERS:
            return await self._configuration.has(service.id, section, name)
        stored = await self._configuration.artifact(service.id, section, name)
        return stored.value if stored else False

    async def _parties_there(
        self, service: Service, agreements: Sequence[Artifact]
    ) -> Mapping[str, str]:
        """The stored agreements by their parties' key, where others name both parties."""
        if not any(stream_of(parties_key_of_any(one.document)) for one in agreements):
            return {}
        return await self._configuration.parties(service.id)

    async def _require_not_traded_as(
        self,
        service: Service,
        partner: Artifact,
        gone: frozenset[Identity],
        new: dict[tuple[Section, str], Artifact],
    ) -> None:
        """Refuse to take identities from a partner that its agreements trade as."""
        if not gone:
            return
        users = await self._configuration.users(service.id, Section.PARTNERS, partner.name)
        for section, name in users:
            agreement = _key(Section.AGREEMENTS, name)
            if section != Section.AGREEMENTS or agreement in new:
                continue
            stored = await self._configuration.artifact(service.id, Section.AGREEMENTS, name)
            between = parties(stored.value.document) if stored else None
            if between and {between.host, between.guest} & gone:
                raise Problem(
                    Code.ARTIFACT_IN_USE,
                    f"The agreement '{shown(name)}' trades as an identity that "
                    f"'{shown(partner.name)}' would lose. Change the agreement first.",
                    target=f"agreements/{name}",
                )

    async def require_unused(self, service: Service, section: Section, name: str) -> None:
        """Refuse to delete an artifact that another one names.

        :raises Problem: ArtifactInUse, listing the users.
        """
        if section not in NAMED:
            return
        found = await self._configuration.users(service.id, section, name)
        users = [f"{user}/{named}" for user, named in found]
        if users:
            raise Problem(
                Code.ARTIFACT_IN_USE,
                f"'{shown(name)}' is used by {some(users, _SHOWN_USERS)}. Change or delete them "
                "first.",
                target=f"{section}/{name}",
                details=[Detail(Code.ARTIFACT_IN_USE, "uses it", user) for user in users],
            )

    async def ledger_facts(
        self, service: Service, items: Sequence[ImportItem]
    ) -> LedgerFacts | None:
        """Read what ``require_counters_fit`` asks of the ledger; None where no agreement is among
        the items."""
        names = [one.name for one in items if one.section is Section.AGREEMENTS]
        if not names:
            return None
        ledger = self._claims.ledger
        family, rows = await two_in_order(
            family_of(ledger, service), in_order(*(ledger.get(service.name, one) for one in names))
        )
        return LedgerFacts(family, dict(zip(map(artifact_key, names), rows, strict=True)))

    async def require_counters_fit(
        self,
        service: Service,
        puts: Sequence[Put],
        before: Sequence[Artifact | None],
        places: Sequence[str],
        facts: LedgerFacts | None,
        *,
        allow_reuse: bool,
        only_plan: bool = False,
    ) -> list[CounterChange]:
        """Check that the counters of agreements fit their new bounds; return how they must change.

        No counter is written here: counters change only after the bounds.

        :param facts: the result of ``ledger_facts``.
        :param only_plan: nothing at all is written.
        :raises Problem: ControlNumberIssued.
        """
        if facts is None:
            return []
        agreements = [
            one for one in zip(puts, before, places, strict=True) if _is_agreement(one[0])
        ]
        changes: list[CounterChange] = []
        for put, stored, place in agreements:
            document = put.artifact.document
            numbers = AgreementNumbers(
                put.artifact.name, numbering(document), stream_of(parties_key(document))
            )
            row = facts.rows[artifact_key(numbers.name)]
            if not only_plan and await self._tell_former_stream(service, stored, numbers):
                row = await self._claims.ledger.get(service.name, numbers.name)
            former = numbering_of_any(stored.document) if stored else {}
            change: Callable[[Counters], Counters] = partial(
                rebound,
                before=former,
                after=numbers.numbering,
                allow_reuse=allow_reuse,
                pointer=partial(upper_bound_pointer, document),
            )
            with problems_within(place):
                row = await self._claims.expected(service, numbers, row, facts.family)
                change(row.counters if row else {})
            changes.append((numbers, change, former != numbers.numbering))
        return changes

    async def _tell_former_stream(
        self, service: Service, stored: Artifact | None, numbers: AgreementNumbers
    ) -> bool:
        """Before the parties of an agreement change, store its former stream in its row, which may
        not have it; return whether they change."""
        former = _stored_stream(stored) if stored else ""
        changes = former not in ("", numbers.stream)
        if changes:
            ledger = self._claims.ledger
            await tell_stream(ledger, service=service.name, agreement=numbers.name, stream=former)
        return changes

    async def settle_counters(self, service: Service, changes: Sequence[CounterChange]) -> None:
        """Claim the agreements' rows and bring their counters within the bounds that were written.

        A crash before this does no harm: allocating claims a row too, and refuses a counter that is
        above its bounds, or at their end if they were narrowed within the cycle. The same holds for
        a counter that advanced meanwhile. An allocation that began with the former bounds fails
        since the row is written here, and is repeated with the new ones.
        """
        await self._claims.claim_all(service, [numbers for numbers, _, _ in changes])
        allowed = partial(require_still_own, self._claims.directory, service)
        for numbers, change, is_rebound in changes:
            rewrite = is_rebound and bool(numbers.numbering)
            try:
                await change_counters(
                    self._claims, service, numbers, change, rewrite=rewrite, allowed=allowed
                )
            except Problem as problem:
                if problem.code not in (Code.CONTROL_NUMBER_ISSUED, Code.MANAGED_BY_ACCOUNT):
                    raise


def _require_identities(agreement: Artifact, known: Mapping[tuple[Section, str], Artifact]) -> None:
    """Refuse an agreement that trades as an identity that its partner does not have."""
    between = parties(agreement.document)
    for name, identity, side in (
        (between.host_partner, between.host, "host"),
        (between.guest_partner, between.guest, "guest"),
    ):
        if name is None or identity is None:
            continue
        partner = known.get(_key(Section.PARTNERS, name))
        identities = partner_identities(partner.document) if partner else frozenset[Identity]()
        require_belongs(identity, name, identities, f"/document/{side}Identity")


def _require_one_agreement_between_two(
    agreements: Sequence[Artifact],
    ahead: Sequence[Artifact],
    stored: Mapping[str, str],
    at: Mapping[tuple[Section, str], str],
) -> None:
    """Refuse two agreements of one standard between the same identities.

    :param stored: the agreements that are there, by their parties' key.
    """
    keys = {one.name: stream_of(parties_key(one.document)) for one in agreements}
    if not any(keys.values()):
        return
    written = {artifact_key(name) for name in (*keys, *(one.name for one in ahead))}
    taken = {stream_of(key): n for key, n in stored.items() if artifact_key(n) not in written}
    taken.update((_stored_stream(one), one.name) for one in ahead)
    for name, key in keys.items():
        if not key:
            continue
        other = taken.setdefault(key, name)
        if other != name:
            raise Problem(
                Code.INVALID_REQUEST,
                f"'{shown(name)}' and '{shown(other)}' are agreements of the same standard "
                "between the same identities: an interchange would fit both. Change one.",
                target=f"{at[_key(Section.AGREEMENTS, name)]}/document/hostIdentity",
            )


def _stored_stream(agreement: Artifact) -> str:
    return stream_of(parties_key_of_any(agreement.document))


def _is_agreement(put: Put) -> bool:
    return put.artifact.section is Section.AGREEMENTS


def _key(section: Section, name: str) -> tuple[Section, str]:
    return section, artifact_key(name)


def _dangling(
    missing: Sequence[tuple[Artifact, Reference]], at: Mapping[tuple[Section, str], str]
) -> Problem:
    details = [
        Detail(
            Code.DANGLING_REFERENCE,
            f"{artifact.section}/{artifact.name} names '{shown(reference.name)}' of the section "
            f"{reference.section}, which is not there",
            f"{at[_key(artifact.section, artifact.name)]}/document{reference.pointer}",
        )
        for artifact, reference in missing
    ]
    return Problem(
        Code.DANGLING_REFERENCE,
        f"{details[0].message}. Put it first, or send both in one import.",
        target=details[0].target,
        details=details,
    )
