"""The control numbers that the backup of before has, of those that a push sets back.

What an undo goes on behind is in that backup alone. So a number is set back only from what the
backup has: one that the account issued after it was made, as by a run that was under way, would
come again after the undo, and stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.backups.archive.opened import OpenBackup
from shared.integration_accounts.pushing.sources import NumberKey, generated_key
from shared.model.sections import SESSIONS
from shared.operations.task import Task
from shared.rules.integration_accounts.observed import Sighting
from shared.rules.integration_accounts.push_numbers_written import Decided
from shared.rules.integration_accounts.session_names import Agreements
from shared.rules.integration_accounts.sessions import number_of
from shared.rules.naming import artifact_key
from shared.sealing.provider import KeyProvider


@dataclass(frozen=True)
class BackedUpNumbers:
    """The numbers that one backup has.

    :param agreements: those that sessions may be of.
    """

    task: Task
    agreements: Agreements

    async def held_to(
        self, decided: Sequence[Decided], backup: OpenBackup, provider: KeyProvider
    ) -> list[Decided]:
        """What was decided, with each number that is set back held to what the backup has of it.

        :raises Problem: BlobMissing, BlobCorrupt, KeyUnavailable.
        """
        wanted = {_key(one) for one in decided if one.back_from is not None}
        found = await self._read(wanted, backup, provider)
        return [one.set_back_from(found.get(_key(one))) for one in decided]

    async def _read(
        self, wanted: set[NumberKey], backup: OpenBackup, provider: KeyProvider
    ) -> dict[NumberKey, Sighting]:
        found = dict[NumberKey, Sighting]()
        if not wanted or not backup.has(SESSIONS):
            return found
        secrets = (await backup.secrets(provider)).entries()
        async for page in backup.records(SESSIONS):
            await self.task.checkpoint()
            for record in page:
                key = generated_key(record.name, self.agreements)
                if key is None or key not in wanted:
                    continue
                whole = await secrets.put_back(SESSIONS, record)
                value = number_of(whole.document["content"])
                if value is not None:
                    found[key] = Sighting(value, whole.changed_at)
        return found


def _key(one: Decided) -> NumberKey:
    return artifact_key(one.number.agreement), one.number.kind
