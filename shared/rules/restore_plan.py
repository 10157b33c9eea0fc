"""What a restore will make of a backup: decided before the first write, from the descriptor."""

from shared.model.artifact import NOT_BACKED_UP, Section
from shared.model.descriptor import Descriptor
from shared.model.operation import Warning
from shared.model.problem import Code, Problem
from shared.model.restore import RestoreBody, RestorePlan, Target
from shared.model.service import Edition
from shared.model.wire import JsonObject
from shared.rules.editions import has_archiving, require_quota, require_restorable, require_units
from shared.rules.naming import default_domain_url, require_service_name, service_key

_ARCHIVING = "archivingStore"


def plan(descriptor: Descriptor, body: RestoreBody, domain: str) -> RestorePlan:
    """The service that a restore makes.

    :param domain: of the default URL, where the service gets another name.
    :raises Problem: InvalidName, EditionTooLow, EditionHasNoBackup, InvalidRequest for units,
        QuotaExceeded where the target cannot hold the backup, BackupIncomplete.
    """
    backed_up, wanted = descriptor.service, body.service
    name = wanted.name or backed_up.name
    require_service_name(name)
    edition = wanted.edition or Edition(backed_up.edition)
    require_restorable(Edition(backed_up.edition), edition)
    units = wanted.unit_count or backed_up.unit_count
    require_units(edition, units)
    sections = {section.name: section.items for section in descriptor.sections}
    for section in Section:
        if section not in NOT_BACKED_UP:
            require_quota(name, section, sections.get(section, 0), edition, units)
    if descriptor.backup.outcome != "Succeeded" and not body.accept_partial:
        raise Problem(
            Code.BACKUP_INCOMPLETE,
            f"The backup '{descriptor.backup.name}' is {descriptor.backup.outcome}: "
            f"{len(descriptor.failures)} items are not in it. Send acceptPartial: true to "
            "restore what there is.",
            target="/acceptPartial",
        )
    renamed = service_key(name) != service_key(backed_up.name)
    url = default_domain_url(name, domain) if renamed else backed_up.domain_url
    target = Target(
        name=name,
        edition=edition,
        unit_count=units,
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
        sections=sections,
        origins=_origins(body, renamed),
    )


def _origins(body: RestoreBody, renamed: bool) -> JsonObject:
    wanted = body.service
    given = {
        "name": wanted.name,
        "edition": wanted.edition,
        "unitCount": wanted.unit_count,
        "region": wanted.region,
        "domainUrl": wanted.domain_url,
    }
    origins: JsonObject = {
        member: "backup" if value is None else "request" for member, value in given.items()
    }
    if wanted.domain_url is None and renamed:
        origins["domainUrl"] = "name"
    return origins


def lost_settings(target: Target, backed_up: JsonObject) -> list[Warning]:
    """What the settings of a backup hold that the target's edition does not have."""
    if has_archiving(target.edition) or _ARCHIVING not in backed_up:
        return []
    message = (
        f"The {target.edition} edition has no archiving: the backup's archiving store is left "
        "out. Restore to Premium to keep it."
    )
    return [Warning(code="ArchivingStoreLeftOut", message=message, target=_ARCHIVING)]


def settings_of(target: Target, backed_up: JsonObject) -> JsonObject:
    """The settings of the restored service: those of the backup with what was chosen.

    What the target's edition does not have is left out; ``lost_settings`` says so.
    """
    settings = {
        **backed_up,
        "edition": str(target.edition),
        "unitCount": target.unit_count,
        "domainUrl": target.domain_url,
    }
    if target.region:
        settings["region"] = target.region
    if not has_archiving(target.edition):
        settings.pop(_ARCHIVING, None)
    return settings
