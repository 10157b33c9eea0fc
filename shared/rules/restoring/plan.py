"""What a restore will make of a backup: decided before the first write, from the descriptor.

All that is wrong is reported, not only the first error.
"""

from collections.abc import Callable, Collection, Iterator

from shared.model.descriptor import Descriptor
from shared.model.link import recorded_facts
from shared.model.problem import Code, Problem
from shared.model.restore import NumbersPolicy, RestoreBody, RestorePlan, Target
from shared.model.sections import BACKED_UP, Section
from shared.model.service import Edition
from shared.model.wire import JsonObject
from shared.rules.acceptable import require_no_mask
from shared.rules.editions import (
    has_archiving,
    require_archiving,
    require_quota,
    require_restorable,
    require_units,
    restorable_to,
)
from shared.rules.naming import default_domain_url, require_service_name, service_key
from shared.rules.problems import account_unknown
from shared.rules.tracking_database import MEMBERS, connection_string, merged, wrong_with

_ARCHIVING = "archivingStore"
_STORES = (_ARCHIVING, "monitoringStore")


def plan(descriptor: Descriptor, body: RestoreBody, domain: str) -> RestorePlan:
    """The service that a restore creates; ``wrong`` says whether it can be created.

    :param domain: domain of the default URL, for a service that gets another name.
    """
    backed_up, wanted = descriptor.service, body.service
    name = backed_up.name if wanted.name is None else wanted.name
    renamed = service_key(name) != service_key(backed_up.name)
    url = default_domain_url(name, domain) if renamed else backed_up.domain_url
    target = Target(
        name=name,
        edition=wanted.edition or Edition(backed_up.edition),
        unit_count=wanted.unit_count or backed_up.unit_count,
        product_version=backed_up.product_version,
        region=backed_up.region if wanted.region is None else wanted.region,
        domain_url=wanted.domain_url or url,
    )
    return RestorePlan(
        storage_account=body.backup.storage_account,
        container=body.backup.container,
        digest=descriptor.digest,
        accept_renamed=body.accept_renamed,
        backed_up_name=backed_up.name,
        backup=descriptor.backup.name,
        target=target,
        sections={section.name: section.items for section in descriptor.sections},
        origins=_origins(body, renamed),
    )


def wrong(
    planned: RestorePlan,
    descriptor: Descriptor,
    body: RestoreBody,
    settings: JsonObject,
    accounts: Collection[str],
) -> Iterator[Problem]:
    """All that forbids a restore, as far as the backup and the request tell.

    :param settings: those of the restored service, including the backup's secrets.
    :param accounts: the aliases that are registered.
    """
    target, of_account = planned.target, recorded_facts(settings) is not None
    backed_up = Edition(descriptor.service.edition)
    # A backup of an edition that has none is of a service that was linked, and not pulled yet.
    keeps_to_editions = not of_account and bool(restorable_to(backed_up))
    checks: list[Callable[[], None]] = [
        lambda: require_service_name(target.name, "/service/name"),
        *([lambda: require_restorable(backed_up, target.edition)] if keeps_to_editions else []),
        lambda: require_units(target.edition, target.unit_count, "/service/unitCount"),
        lambda: _require_whole(descriptor, body),
        lambda: _require_policy(body),
        lambda: require_no_mask(body.service.to_json(), "/service"),
    ]
    # The state of an integration account fits any edition: its tier counts.
    checks += [] if of_account else [_fits(planned, section) for section in BACKED_UP]
    if body.service.archiving_store is not None:
        checks.append(lambda: require_archiving(target.edition))
    for check in checks:
        try:
            check()
        except Problem as problem:
            yield problem.within("/service") if problem.target == f"/{_ARCHIVING}" else problem
    yield from _wrong_stores(body, accounts)
    database = settings.get("trackingDatabase")
    if body.service.tracking_database is not None and isinstance(database, dict):
        yield from wrong_with(database, body.service.tracking_database.to_json())
    access = settings.get("accessControl")
    if body.service.access_control is not None and isinstance(access, dict):
        for member in ("namespace", "key"):
            if not access.get(member):
                yield Problem(
                    Code.INVALID_REQUEST,
                    f"Access control needs a {member}: the backup has none. Send it.",
                    f"/service/accessControl/{member}",
                )


def _fits(planned: RestorePlan, section: Section) -> Callable[[], None]:
    target = planned.target

    def check() -> None:
        used = planned.sections.get(section, 0)
        require_quota(target.name, section, used, target.edition, target.unit_count)

    return check


def _require_whole(descriptor: Descriptor, body: RestoreBody) -> None:
    if descriptor.backup.outcome != "Succeeded" and not body.accept_partial:
        raise Problem(
            Code.BACKUP_INCOMPLETE,
            f"The backup '{descriptor.backup.name}' is {descriptor.backup.outcome}: "
            f"{len(descriptor.failures)} items are not in it. Send acceptPartial: true to "
            "restore what there is.",
            target="/acceptPartial",
        )


def _require_policy(body: RestoreBody) -> None:
    numbers = body.control_numbers
    if (numbers.policy is NumbersPolicy.ADVANCE) != (numbers.by is not None):
        raise Problem(
            Code.INVALID_REQUEST,
            "The policy advance needs by, the count of numbers to leave out, and no other policy "
            "takes it.",
            target="/controlNumbers/by",
        )


def _wrong_stores(body: RestoreBody, accounts: Collection[str]) -> Iterator[Problem]:
    stores = {
        _ARCHIVING: body.service.archiving_store,
        "monitoringStore": body.service.monitoring_store,
    }
    for member, store in stores.items():
        alias = store.storage_account if store else None
        if alias is not None and alias not in accounts:
            yield account_unknown(alias, accounts, f"/service/{member}/storageAccount")


def _origins(body: RestoreBody, renamed: bool) -> JsonObject:
    wanted = body.service
    given: dict[str, object] = {
        "name": wanted.name,
        "edition": wanted.edition,
        "unitCount": wanted.unit_count,
        "region": wanted.region,
        "domainUrl": wanted.domain_url,
        "archivingStore": wanted.archiving_store,
        "monitoringStore": wanted.monitoring_store,
        "sslCertificate": None,
        **_inner("trackingDatabase", wanted.tracking_database, (*MEMBERS, "advanced")),
        **_inner("accessControl", wanted.access_control, ("namespace", "key")),
    }
    origins: JsonObject = {
        member: "backup" if value is None else "request" for member, value in given.items()
    }
    if wanted.domain_url is None and renamed:
        origins["domainUrl"] = "name"
    return origins


def held(origins: JsonObject, settings: JsonObject) -> JsonObject:
    """Where the values of the restored service come from.

    :param settings: those of the restored service.
    """
    return {
        member: origin
        for member, origin in origins.items()
        if member == "name" or _has(settings, member)
    }


def _has(settings: JsonObject, member: str) -> bool:
    outer, _, inner = member.partition(".")
    return bool(settings.get(outer)) and (not inner or inner in _object(settings[outer]))


def _inner(member: str, chosen: object, members: Collection[str]) -> dict[str, object]:
    """Each value of a group of settings, where any of them was chosen."""
    if chosen is None:
        return {member: None}
    found = {"maxSizeGB": "max_size_gb"}
    return {f"{member}.{m}": getattr(chosen, found.get(m, m)) for m in members}


def settings_of(target: Target, backed_up: JsonObject, chosen: JsonObject) -> JsonObject:
    """The settings of the restored service: those of the backup with what was chosen.

    What the target's edition does not have is left out, with a warning from ``notes``.

    :param backed_up: its secrets in the clear; while they are still sealed, no connection string is
        assembled.
    :param chosen: members of the request's service, secrets in the clear.
    """
    settings = {
        **backed_up,
        "edition": str(target.edition),
        "unitCount": target.unit_count,
        "domainUrl": target.domain_url,
    }
    if target.region:
        settings["region"] = target.region
    for store in _STORES:
        if store in chosen:
            settings[store] = chosen[store]
    access = chosen.get("accessControl")
    if isinstance(access, dict):
        settings["accessControl"] = {**_object(backed_up.get("accessControl")), **access}
    database = chosen.get("trackingDatabase")
    if isinstance(database, dict):
        whole = merged(database, _object(backed_up.get("trackingDatabase")))
        if all(isinstance(whole.get(member), str) for member in MEMBERS):
            whole = {**whole, "connectionString": connection_string(whole)}
        settings["trackingDatabase"] = whole
    if not has_archiving(target.edition):
        settings.pop(_ARCHIVING, None)
    return settings


def _object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}
