"""Values that a restore replaces in certificates: before it starts, they are checked as in a PUT.

Certificates of the backup are restored as they are; a PFX or a password in the request must fit.
"""

from collections.abc import Mapping
from datetime import datetime

from shared.backups.archive.opened import OpenBackup
from shared.model.problem import Code, Problem
from shared.model.restore import Replacement, RestoreBody
from shared.model.sections import Section
from shared.model.wire import MASK, JsonObject, JsonValue
from shared.rules.documents import at, with_value
from shared.rules.naming import artifact_key, shown
from shared.rules.restoring.replacing import replaced
from shared.sealing.provider import KeyProvider
from shared.services.certificates import pfx_facts, pfx_holders


async def certificate_problems(
    backup: OpenBackup,
    body: RestoreBody,
    provider: KeyProvider,
    now: datetime,
) -> list[Problem]:
    """Replacements with which a certificate cannot be opened, without those that are refused for
    other reasons.

    :raises Problem: BlobMissing, BlobCorrupt, KeyVaultUnavailable.
    """
    wanted: dict[str, dict[int, Replacement]] = {}
    for index, one in enumerate(body.replace):
        if one.section is Section.CERTIFICATES:
            wanted.setdefault(artifact_key(one.name), {})[index] = one
    if not wanted:
        return []
    try:
        secrets = (await backup.secrets(provider)).entries()
    except Problem as problem:
        if problem.code is not Code.KEY_UNAVAILABLE:
            raise
        return [problem]
    found: list[Problem] = []
    async for page in backup.records(Section.CERTIFICATES):
        for record in page:
            mine = wanted.get(artifact_key(record.name))
            if mine is not None:
                document = (await secrets.put_back(Section.CERTIFICATES, record)).document
                found += await _problems(document, mine, now)
    return found


async def _problems(
    document: JsonObject, replacements: Mapping[int, Replacement], now: datetime
) -> list[Problem]:
    after, changes, _refused = replaced(Section.CERTIFICATES, document, replacements)
    if _openings(after) == _openings(document):
        return []
    sent = after
    for place, (pfx, _) in _openings(after).items():
        if pfx is not None and pfx == _openings(document).get(place, (None,))[0]:
            sent = with_value(sent, place, MASK)  # the backup's own, which may have expired
    try:
        await pfx_facts(sent, after, now)
    except Problem as problem:
        target = (problem.target or "").removeprefix("/document")
        index = _at_fault(target.rpartition("/")[0], replacements, changes)
        one = replacements[index]
        return [
            Problem(
                problem.code,
                f"With that value {one.section}/{shown(one.name)} is refused: {problem.message}",
                f"/replace/{index}/value",
            )
        ]
    return []


def _openings(document: JsonObject) -> dict[str, tuple[JsonValue, list[JsonValue]]]:
    """Each PFX of a document by its pointer, with its password."""
    found: dict[str, tuple[JsonValue, list[JsonValue]]] = {}
    for pointer, holder in pfx_holders(document, ""):
        passwords = [value for name, value in holder.items() if name.lower() == "password"]
        for name in (name for name in holder if name.lower() == "pfx"):
            found[f"{pointer}/{name}"] = (at(document, f"{pointer}/{name}"), passwords)
    return found


def _at_fault(
    holder: str, replacements: Mapping[int, Replacement], changes: Mapping[int, object]
) -> int:
    """The first replacement that changed a member of an object, or replaced the object itself."""
    near = [
        index
        for index in changes
        if f"{replacements[index].pointer}/".startswith(f"{holder}/")
        or f"{holder}/".startswith(f"{replacements[index].pointer}/")
    ]
    return min(near or changes or replacements)
