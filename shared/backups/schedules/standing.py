"""How all services stand, counted in one pass: a dashboard need not be sent each of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.backups.schedules.listed import ListedSchedules
from shared.clock import Clock
from shared.model.attention import Attention, AttentionReason, Severity
from shared.model.link import Link
from shared.model.operation import OperationStatus
from shared.model.service import Service, State
from shared.model.wire import JsonObject
from shared.rules.attention import attention, has_backup
from shared.state.links import Links
from shared.state.services import Directory


@dataclass(frozen=True)
class Urgent:
    """A service that needs attention, its schedule as lists show it, and why."""

    service: Service
    schedule: JsonObject | None = field(repr=False)
    reasons: list[Attention]


@dataclass
class Standing:
    """What was counted; each service once."""

    states: Counter[State] = field(default_factory=Counter)
    able: int = 0
    """Services whose edition can be backed up."""
    succeeded: int = 0
    """Those of them whose last backup run succeeded."""
    reasons: Counter[AttentionReason] = field(default_factory=Counter)
    """How many services have each reason."""
    errors: int = 0
    """How many services need attention for an error."""
    warnings: int = 0
    """How many others need attention."""
    worst: list[Urgent] = field(default_factory=list)
    """Those with an error first, each in the order of names."""


@dataclass(frozen=True)
class Standings:
    """Counts the services of an installation."""

    directory: Directory
    schedules: ListedSchedules
    links: Links
    clock: Clock

    async def now(self, most: int) -> Standing:
        """How all services stand. Reads two rows a service, a third one of those that are linked,
        a thousand a call.

        :param most: how many of those that need attention are told by name; all are counted.
        """
        standing, now = Standing(), self.clock.now()
        bad: list[Urgent] = []
        others: list[Urgent] = []
        async for page in self.directory.pages():
            services = [listed.service for listed in page]
            schedules = await self.schedules.of(services)
            links = await self._links(services)
            for service in services:
                schedule = schedules.get(service.id)
                reasons = attention(service, schedule, links.get(service.id), now)
                _count(standing, service, reasons)
                if not reasons:
                    continue
                is_bad = reasons[0].severity is Severity.ERROR
                kept = bad if is_bad else others
                if len(kept) < most:
                    kept.append(Urgent(service, schedule, reasons))
        standing.worst = [*bad, *others][:most]
        return standing

    async def _links(self, services: Sequence[Service]) -> dict[str, Link]:
        """The links of some services, by the ids of those; read only where one of them has any.

        :param services: in the order of their names.
        """
        linked = [one for one in services if one.integration_account is not None]
        account = {one.id: one.integration_account for one in linked}
        if not any(facts is not None and facts.linked for facts in account.values()):
            return {}
        found: dict[str, Link] = {}
        async for page in self.links.between(linked[0].name, linked[-1].name):
            for link in (one.value for one in page):
                facts = account.get(link.service_id)
                if facts is not None and facts.linked and facts.key == link.key:
                    found[link.service_id] = link
        return found


def _count(standing: Standing, service: Service, reasons: list[Attention]) -> None:
    standing.states[service.state] += 1
    standing.reasons.update({one.reason for one in reasons})
    if reasons:
        if reasons[0].severity is Severity.ERROR:
            standing.errors += 1
        else:
            standing.warnings += 1
    if has_backup(service):
        standing.able += 1
        last = service.last_backup
        standing.succeeded += last is not None and last.status == OperationStatus.SUCCEEDED
