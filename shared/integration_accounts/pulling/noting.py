"""What is kept of a pull beside what it brought: with the link, in the directory, and as an alert.

Whoever completes a pull that stopped while it wrote does this too, from its summary alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from shared.alerts.happenings import account_changed, account_changing
from shared.integration_accounts.pulling.stores import PullStores
from shared.model.descriptor import Failure
from shared.model.integration_account import AccountFacts, Child
from shared.model.link import AccountProperties, Link, PullFailure
from shared.model.operation import OperationStatus
from shared.model.problem import Code
from shared.model.pull import PullOutcome
from shared.model.service import Service
from shared.model.wire import Stored, Time
from shared.state.staging import Summary
from shared.storage.versioned import optimistic

CHANGING = "AccountChanging"
"""The code of the warning of a pull that is not consistent."""

NAMED = 5
"""Artifacts that an alert names."""


class Seen(Stored):
    """What a pull saw of an account, as its summary keeps it."""

    resource_id: str
    account: AccountProperties
    counts: dict[Child, int]
    """How many of each kind; none of a kind that the account did not list."""
    changes: list[str]
    """The first artifacts that changed, each with what happened to it."""
    changed: int
    """How many artifacts changed."""
    sessions_from: Time | None = None
    """When the reading of its sessions began; None where whoever wrote this did not say."""
    sessions_known: bool = False
    """Whether sessions of the account were in the service before: of a push, or of pulls of
    sessions alone."""
    refused: list[Failure] = Field(default_factory=list)
    """Those whose content the account does not give."""
    lacking: list[Failure] = Field(default_factory=list)
    """What else the account has, and the service has not, or not as it is there."""


@dataclass(frozen=True)
class Notes:
    """Keeps what is known of the pulls of a service."""

    stores: PullStores
    service: Service

    async def done(self, summary: Summary) -> None:
        """Note a pull that brought everything. Idempotent.

        It may be written long after the account was read: what counts is from when on it is not
        known what the account did.

        :param summary: what it found.
        """
        seen, now = Seen.model_validate(summary.seen), self.stores.clock.now()
        facts = seen.account.facts(seen.resource_id, linked=True)
        update: dict[str, object] = {
            "account": seen.account,
            "counts": seen.counts,
            "last_pull_at": summary.found_at,
            "pull_failure": None,
            "not_pulled_told_at": None,
        }
        update |= _ended(
            PullOutcome(failures=[*seen.refused, *seen.lacking]).status, summary.operation
        )
        sessions_from = seen.sessions_from or summary.found_at
        await self._note_link(update, of=facts.key, sessions_from=sessions_from)
        await self._note_facts(facts)
        if summary.drifts and seen.changed:
            await self._tell(summary.operation, seen, now)
        for one in summary.warnings:
            if one.get("code") == CHANGING:
                why = str(one.get("message", ""))
                told = account_changing(summary.operation, self.service.name, why, now)
                await self.stores.alerts.tell(told)

    async def not_done(self, status: OperationStatus, operation: str, code: str = "") -> None:
        """Note a pull that brought nothing, and why. Idempotent.

        :param operation: its id.
        :param code: that of its error; empty for none.
        """
        update = _ended(status, operation)
        if code:
            update["pull_failure"] = PullFailure(code=code, at=self.stores.clock.now())
        await self._note_link(update)

    @optimistic
    async def _note_link(
        self, update: Mapping[str, object], of: str = "", sessions_from: datetime | None = None
    ) -> None:
        found = await self.stores.links.get(self.service.name)
        if found is None or found.value.service_id != self.service.id:
            return
        if of and found.value.key != of:
            return  # it is linked to another account by now
        if sessions_from is not None:
            update = {**update, **sessions_read(found.value, sessions_from)}
        await self.stores.links.put(found.value.model_copy(update=update), found.etag)

    @optimistic
    async def _note_facts(self, facts: AccountFacts) -> None:
        listed = await self.stores.directory.get(self.service.name)
        if listed is None or listed.service.id != self.service.id:
            return
        known = listed.service.integration_account
        if known is None or not known.linked or known.key != facts.key:
            return
        link = await self.stores.links.get(self.service.name)
        minutes = link.value.pull_minutes if link is not None else known.pull_minutes
        update = {"sku": facts.sku, "location": facts.location, "pull_minutes": minutes}
        now = known.model_copy(update={**update, "resource_id": facts.resource_id}).looked_at()
        if now == known:
            return
        changed = listed.service.model_copy(update={"integration_account": now})
        await self.stores.directory.change(changed, listed.etag)

    async def _tell(self, operation: str, seen: Seen, now: datetime) -> None:
        told = account_changed(operation, self.service.name, seen.changes, seen.changed, now)
        await self.stores.alerts.tell(told)


def sessions_read(link: Link, began: datetime) -> dict[str, object]:
    """What a link says after its sessions were brought in whose reading began at a time."""
    known, failure = link.last_session_pull_at, link.pull_failure
    # An account that gives its sessions is there again, whatever the last full pull met.
    is_back = failure is not None and failure.code == Code.INTEGRATION_ACCOUNT_NOT_FOUND
    return {
        "last_session_pull_at": began if known is None else max(began, known),
        "sessions_failure": None,
        **({"pull_failure": None} if is_back else {}),
    }


def _ended(status: OperationStatus, operation: str) -> dict[str, object]:
    return {"last_pull_status": status, "last_pull_operation": operation}
