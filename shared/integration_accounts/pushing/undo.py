"""Whether what a push replaces and deletes can be brought back from the backup of before: asked of
that backup itself, before the first write."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from shared.backups.archive.opened import OpenBackup
from shared.integration_accounts.pushing.stores import PushStores
from shared.model.artifact import ContentReference
from shared.model.integration_account import Child
from shared.model.problem import Problem
from shared.model.record import Record
from shared.operations.task import Task
from shared.rules.integration_accounts.children import BY_SECTION, CHILDREN, Holds
from shared.rules.integration_accounts.limits import MOST_CONTENT
from shared.rules.integration_accounts.push_choice import Key, key_of
from shared.rules.integration_accounts.push_plan import Content, Seen, content_of, is_same, seen
from shared.rules.integration_accounts.push_undo import Lack, lack_of, no_undo
from shared.rules.naming import shown
from shared.sealing.provider import KeyProvider


@dataclass
class Undo:
    """What the backup of before has of what is touched.

    :param touched: what is replaced or deleted, as it was before that backup was begun.
    """

    stores: PushStores
    task: Task
    touched: Mapping[Key, Seen]
    changed: set[Key] = field(default_factory=set)
    """What is otherwise in it, or not at all: somebody changed it while it was backed up."""
    _lacking: dict[Lack, list[str]] = field(default_factory=dict)
    _unreadable: str | None = None

    async def look(self, backup: OpenBackup, provider: KeyProvider) -> list[Problem]:
        """What forbids the push.

        :raises Problem: BlobMissing, BlobCorrupt, KeyUnavailable.
        """
        self.changed = set(self.touched)
        if not self.touched:
            return []
        failed = {key_of(one.section, one.name) for one in backup.descriptor.failures}
        sections = {key[0] for key in self.touched}
        secrets = (await backup.secrets(provider)).entries()
        for section in backup.artifact_sections():
            child = BY_SECTION.get(section)
            if child is None or section not in sections:
                continue
            async for page in backup.records(section):
                await self.task.checkpoint()
                for record in page:
                    key = key_of(section, record.name)
                    if key in self.touched:
                        whole = await secrets.put_back(section, record)
                        await self._look_at(backup, child, key, whole, failed)
        for key in sorted(failed & set(self.touched)):
            self._lack(Lack.BACKUP, self.touched[key])
            self.changed.discard(key)
        return list(no_undo(self._lacking, self._unreadable or ""))

    async def _look_at(
        self,
        backup: OpenBackup,
        child: Child,
        key: Key,
        record: Record,
        failed: Collection[Key],
    ) -> None:
        before, reference = self.touched[key], record.content
        if key in failed:
            return
        data = await _bytes_of(backup, child, reference)
        size = reference.size if reference is not None else None
        lack = lack_of(child, size, data)
        if lack is Lack.ADDRESS and not await self._cannot_read():
            lack = None
        if lack is not None:
            self._lack(lack, before)
            self.changed.discard(key)
            return
        content: Content | None = None
        if data is not None:
            content = content_of(data)
        elif reference is not None:
            content = Content(reference.size, reference.md5 or "")
        there = seen(child, record.name, record.document, content)
        if is_same(there, before):
            self.changed.discard(key)

    async def _cannot_read(self) -> bool:
        if self._unreadable is None:
            self._unreadable = await self.stores.unreadable_now()
        return bool(self._unreadable)

    def _lack(self, lack: Lack, one: Seen) -> None:
        path = f"{CHILDREN[one.child].section}/{shown(one.name)}"
        self._lacking.setdefault(lack, []).append(path)


async def _bytes_of(
    backup: OpenBackup, child: Child, reference: ContentReference | None
) -> bytes | None:
    """The content that the backup has of an artifact; None for none, and for one that no account
    takes."""
    if reference is None or CHILDREN[child].holds is Holds.NOTHING:
        return None
    most = MOST_CONTENT.get(child)
    if most is not None and reference.size > most:
        return None
    return await backup.container.read(f"content/{reference.sha256}", reference.size)
