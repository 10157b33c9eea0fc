"""What an operator must know before a restored service is resumed: warnings, and a checklist."""

from collections.abc import Callable, Sequence

from shared.model.descriptor import Descriptor
from shared.model.operation import Warning
from shared.model.restore import InboundPlan, NumbersPlan, RestorePlan
from shared.model.sections import Section
from shared.model.wire import JsonObject, rfc3339
from shared.rules.editions import has_archiving
from shared.rules.naming import service_key

_ARCHIVING = "archivingStore"
_NAMED = 200
"""Most items missing from a partial backup that are named: the record of a restore has them
twice."""


def not_backed_up(descriptor: Descriptor, takes: Callable[[Section, str], bool]) -> list[Warning]:
    """What a partial backup lacks: whole items, and bytes of items that are restored.

    :param takes: whether an artifact is restored.
    """
    found: list[Warning] = []
    for failure in descriptor.failures:
        item = f"{failure.section}/{failure.name}"
        if failure.code == "ItemUnreadable":
            found.append(
                Warning(
                    code="NotBackedUp",
                    message=f"{item} is not in the backup: {failure.message}",
                    target=item,
                )
            )
        elif takes(Section(failure.section), failure.name):
            found.append(
                Warning(
                    code="ContentNotBackedUp",
                    message=f"The content of {item} could not be backed up. Put it before you "
                    "resume the service.",
                    target=item,
                )
            )
    more = len(found) - _NAMED
    if more > 0:
        found[_NAMED:] = [
            Warning(
                code="NotBackedUp",
                message=f"{more} more items are not in the backup, or their content is not: its "
                "descriptor names each under failures.",
            )
        ]
    return found


def expired(settings: JsonObject, now: str) -> list[Warning]:
    """A warning of an expired certificate: it is restored, and can be replaced before resuming.

    :param settings: those of the restored service.
    :param now: RFC 3339.
    """
    ssl = settings.get("sslCertificate")
    expires_at = ssl.get("expiresAt") if isinstance(ssl, dict) else None
    if not isinstance(expires_at, str) or expires_at > now:
        return []
    return [
        Warning(
            code="SslCertificateExpired",
            message=f"The SSL certificate of the service expired at {expires_at}. Put a new one "
            "before you resume the service.",
            target="sslCertificate",
        )
    ]


def notes(
    planned: RestorePlan, descriptor: Descriptor, backed_up: JsonObject, copies: Sequence[str] = ()
) -> list[Warning]:
    """Warnings of what the restored service will not have, and of what happened after the backup.

    :param copies: living services that have the same control numbers.
    """
    made = descriptor.consistency.runtime_read_from
    found = [
        Warning(
            code="NotIncluded",
            message=f"{item.what}: {item.items}. {item.note}",
            target=item.what,
        )
        for item in descriptor.not_included
        if item.items
    ]
    if not has_archiving(planned.target.edition) and _ARCHIVING in backed_up:
        found.append(
            Warning(
                code="ArchivingStoreLeftOut",
                message=f"The {planned.target.edition} edition has no archiving: the backup's "
                "archiving store is left out. Restore to Premium to keep it.",
                target=_ARCHIVING,
            )
        )
    found += [
        Warning(
            code="LivingCopy",
            message=f"'{copy}', {_kinship(planned, copy)}, lives: once '{planned.target.name}' "
            "is resumed, both draw from the same control numbers: none comes twice, and each "
            "leaves gaps in the other's. Let only one of them send.",
            target=copy,
        )
        for copy in copies[:_NAMED]
    ]
    found.append(
        Warning(
            code="AfterTheBackup",
            message=f"What came in after {made} is not in the backup: "
            "received control numbers and MIC values of that time are not known, so duplicates "
            "of those interchanges may pass. The plan names the agreements.",
        )
    )
    found.append(
        Warning(
            code="ScheduleNotIncluded",
            message="A backup schedule is not part of a backup. Save one for the restored service.",
            target="backup-schedule",
        )
    )
    return found


def _kinship(planned: RestorePlan, copy: str) -> str:
    if service_key(copy) == service_key(planned.backed_up_name):
        return "which the backup is of"
    return "a copy of it or what it is a copy of"


def exhausted(numbers: NumbersPlan) -> list[Warning]:
    """Warnings of counters that can issue no number, such as one that is past the backup's upper
    bound."""
    if not numbers.exhausted:
        return []
    return [
        Warning(
            code="NumbersExhausted",
            message=f"{numbers.exhausted} counters stand at the end of their agreement's bounds, "
            "or beyond them: the restored service issues none of their numbers. "
            "Among the counters of the plan, they are those without a next number.",
            target="control-numbers",
        )
    ]


def _is_renamed(planned: RestorePlan) -> bool:
    return service_key(planned.target.name) != service_key(planned.backed_up_name)


def before_resuming(
    planned: RestorePlan,
    numbers: NumbersPlan,
    inbound: InboundPlan,
    copies: Sequence[str] = (),
    account: str = "",
) -> list[str]:
    """The checklist of what to do before a restored service is resumed.

    What an integration account held is used by workflows, which reach it in an account alone: no
    client calls such a service, and nothing polls for it.

    :param numbers: where its control numbers continue.
    :param inbound: what is known of received numbers.
    :param copies: living services that have the same control numbers.
    :param account: the id of the integration account that what is restored was pulled from; empty
        for none.
    """
    look = (
        "Look at the control numbers of the plan: agree with partners on numbers that may come "
        "twice."
    )
    if account:
        found = [
            "Push the service into an account before all else: what it holds is of the "
            f"integration account '{account}', and a push alone brings it back there, or into a "
            "new one. The plan of the push says how its control numbers go on.",
            "Resume the service only where it is linked to that account afterwards: that enables "
            "the workflows which the push disabled. One that was restored for this push alone is "
            "deleted after it.",
            look,
            "Save a backup schedule where the service stays: none is restored.",
        ]
    else:
        found = [
            look,
            "Give applications that use the service the credentials of its access control.",
            "See that no FTP or other source is polled by two services at once: stop it in the "
            "one that is to rest.",
            "Save a backup schedule: none is restored.",
        ]
    if numbers.exhausted:
        found.append(
            "Raise the upper bound of agreements whose numbers are used up, or set their next "
            "number and allow that numbers come again."
        )
    if inbound.agreements:
        found.append(
            f"Look at what came in: ask partners not to send again what was received after "
            f"{rfc3339(inbound.since)}, as it would pass."
        )
    found += [
        f"Suspend or delete '{copy}': both would send under the same control numbers."
        for copy in copies[:_NAMED]
    ]
    if not account and _is_renamed(planned):
        found.append(f"Point clients of '{planned.backed_up_name}' to {planned.target.domain_url}.")
    return found
