"""One pass over a backup's artifacts before anything is written: which are restored, what is
replaced, which sources are stopped.

Done only if the request asks for a part or for replacements, or for what bridges poll. It holds the
names of all artifacts in memory, never all documents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.backups.archive.opened import OpenBackup
from shared.model.problem import Code, Problem
from shared.model.record import Record
from shared.model.restore import PolledSource, Replaced, Replacement, RestoreBody
from shared.model.sections import Section
from shared.model.wire import MASK, JsonObject, JsonValue
from shared.rules.documents import at, masked
from shared.rules.naming import artifact_key, shown
from shared.rules.polled_sources import Place, may_poll, sources
from shared.rules.restoring.parts import Key, Parts, key_of, select
from shared.rules.restoring.replacing import replaced
from shared.rules.session_names import agreement_of_session
from shared.state.columns import require_storable

_TOLD = 1000
"""The most sources that a plan names."""

_ADDRESS = 1000
"""The most characters of an address in a plan."""


@dataclass(frozen=True)
class Living:
    """A living service, and what its bridges poll."""

    name: str
    polls: frozenset[Place]


@dataclass
class Survey:
    """The result of the pass."""

    selected: frozenset[Key] | None = None
    """The restored artifacts; None for all."""
    agreements: frozenset[str] = frozenset()
    """The keys of all agreements in the backup, if only a part is restored."""
    content: frozenset[str] | None = None
    """The hashes of their content; None for all."""
    counts: dict[str, int] = field(default_factory=dict)
    """Section → number of restored artifacts, if only a part is restored."""
    problems: list[Problem] = field(default_factory=list)
    replaced: list[Replaced] = field(default_factory=list)
    sources: list[PolledSource] = field(default_factory=list)
    more_sources: int = 0

    def takes(self, section: Section, name: str) -> bool:
        """Whether an artifact is restored."""
        return self.selected is None or key_of(section, name) in self.selected

    def takes_agreement(self, name: str) -> bool:
        """Whether the run-time state of an agreement is restored."""
        return self.takes(Section.AGREEMENTS, name)

    def takes_session(self, name: str) -> bool:
        """Whether a session is restored: of a part, those of its agreements."""
        if self.selected is None:
            return True
        agreement = agreement_of_session(name, self.agreements)
        return agreement is not None and self.takes_agreement(agreement)


async def survey(
    backup: OpenBackup,
    body: RestoreBody,
    living: Sequence[Living] = (),
) -> Survey:
    """Read the artifacts' sections once.

    :param living: the service of the backup and copies of it that exist.
    :raises Problem: BlobMissing, BlobCorrupt.
    """
    found, parts = Survey(), Parts()
    partial = bool(body.include or body.exclude)
    wanted = _by_artifact(body)
    seen: set[Key] = set()
    for section in backup.artifact_sections():
        of_section = [key for key in wanted if key[0] is section]
        if not (partial or of_section or section is Section.BRIDGES):
            continue
        async for page in backup.records(section):
            for record in page:
                if partial:
                    sha256 = record.content.sha256 if record.content else None
                    parts.add(section, record.name, record.document, sha256)
                key = key_of(section, record.name)
                document = record.document
                if key in wanted:
                    seen.add(key)
                    document = _replace(found, section, record, wanted[key])
                written = record.written if document is record.document else None
                if section is Section.BRIDGES and (written is None or may_poll(written)):
                    found.sources += _polled(record.name, document, living)
    if partial:
        found.selected, problems = select(parts, body.include, body.exclude)
        found.problems += problems
        found.agreements = frozenset(
            name for section, name in parts.named if section is Section.AGREEMENTS
        )
        found.content = frozenset(
            sha256 for key, sha256 in parts.content.items() if key in found.selected
        )
        for section, _ in found.selected:
            found.counts[section] = found.counts.get(section, 0) + 1
        found.sources = [s for s in found.sources if found.takes(Section.BRIDGES, s.bridge)]
    found.more_sources = max(0, len(found.sources) - _TOLD)
    del found.sources[_TOLD:]
    for key, replacements in wanted.items():
        taken = key in seen and (found.selected is None or key in found.selected)
        for index, one in replacements.items() if not taken else ():
            found.problems.append(_not_restored(index, one))
    return found


def _by_artifact(body: RestoreBody) -> dict[Key, dict[int, Replacement]]:
    wanted: dict[Key, dict[int, Replacement]] = {}
    for index, one in enumerate(body.replace):
        wanted.setdefault((one.section, artifact_key(one.name)), {})[index] = one
    return wanted


def _replace(
    found: Survey, section: Section, record: Record, replacements: Mapping[int, Replacement]
) -> JsonObject:
    """Record what is replaced, and what is wrong with that; return the document as it is
    restored."""
    document, changes, problems = replaced(section, record.document, replacements)
    found.problems += problems
    try:
        require_storable(document)
    except Problem as problem:
        problem.target = f"/replace/{min(replacements)}/value"
        found.problems.append(problem)
    was, will_be = masked(section, record.document), masked(section, document)
    for index, change in changes.items():
        pointer = replacements[index].pointer
        found.replaced.append(
            Replaced(
                section=section,
                name=record.name,
                pointer=pointer,
                before=_shown(change.before, pointer, record.document, was),
                after=_shown(change.after, pointer, document, will_be),
            )
        )
    return document


def _shown(value: JsonValue, pointer: str, document: JsonObject, shown: JsonObject) -> JsonValue:
    """A value as a plan shows it; a secret, or a value that contains one, as a mask."""
    return value if at(shown, pointer) == at(document, pointer) else MASK


def _polled(bridge: str, document: JsonObject, living: Sequence[Living]) -> list[PolledSource]:
    return [
        PolledSource(
            bridge=bridge,
            pointer=source.pointer,
            type=source.kind,
            address=source.address[:_ADDRESS],
            also_polled_by=_who_polls(source.place(bridge), living),
        )
        for source in sources(document)
    ]


def _who_polls(place: Place, living: Sequence[Living]) -> str | None:
    return next((one.name for one in living if place in one.polls), None)


def _not_restored(index: int, one: Replacement) -> Problem:
    return Problem(
        Code.ARTIFACT_NOT_FOUND,
        f"'{shown(one.name)}' of the section {one.section} is not restored: the backup has none, "
        "or include and exclude leave it out.",
        f"/replace/{index}",
    )
