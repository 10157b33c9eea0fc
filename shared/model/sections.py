"""The sections of a backup, in one table: what each holds, what it names, how much it may hold.

To add a section of artifacts, add a member to ``Section`` and a row to ``SECTIONS``; everything
else follows from the row. A backup without artifacts of a section that was added later does not
name it, and a reader treats it as empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from graphlib import TopologicalSorter

from shared.model.service import Edition

SERVICE = "service"
"""One record: the settings of the service."""

CONTROL_NUMBERS = "control-numbers"
RECEIVED_NUMBERS = "received-control-numbers"
MIC_VALUES = "mic-values"
SESSIONS = "sessions"
"""The sessions of an integration account, as the account has them."""

CONTENT = "content"
"""The list of the objects under content/."""


class Section(StrEnum):
    """The sections of a service's artifacts."""

    AGREEMENTS = "agreements"
    ASSEMBLIES = "assemblies"
    BATCHES = "batches"
    BRIDGES = "bridges"
    CERTIFICATES = "certificates"
    HYBRID_CONNECTIONS = "hybrid-connections"
    PARTNERS = "partners"
    PIPELINES = "pipelines"
    ROSETTANET_PROCESSES = "rosettanet-processes"
    SCHEMAS = "schemas"
    TEMPLATES = "templates"
    TRANSFORMS = "transforms"
    X12_MAPPINGS = "x12-mappings"


def _per_unit(
    free: int, developer: int, basic: int, standard: int, premium: int
) -> Mapping[Edition, int]:
    return dict(zip(Edition, (free, developer, basic, standard, premium), strict=True))


@dataclass(frozen=True)
class SectionRow:
    """One row of the table."""

    content: bool = False
    """Whether its artifacts may have content."""
    names: Mapping[str, Section] = field(default_factory=dict)
    """Member of a document, in lower case → section of the artifact that it names. Members are
    those of Logic Apps integration accounts (agreements) and of the bridge model of BizTalk
    Services."""
    quota: Mapping[Edition, int] | None = None
    """How many artifacts a service may hold per unit, from the edition table of Azure BizTalk
    Services; None for any number."""
    backed_up: bool = True
    """If not, every backup lists it in notIncluded with the number of artifacts, which must be
    recreated."""
    first: bool = True
    """Whether every backup has it. One that was added later is only in backups that hold artifacts
    of it, which are then of format version 2."""


SECTIONS: Mapping[Section, SectionRow] = {
    Section.AGREEMENTS: SectionRow(
        names={
            "hostpartner": Section.PARTNERS,
            "guestpartner": Section.PARTNERS,
            "signingcertificatename": Section.CERTIFICATES,
            "encryptioncertificatename": Section.CERTIFICATES,
            "schemaname": Section.SCHEMAS,
        },
        quota=_per_unit(0, 10, 50, 250, 1000),
    ),
    Section.ASSEMBLIES: SectionRow(content=True),
    Section.BATCHES: SectionRow(names={"agreement": Section.AGREEMENTS}),
    Section.BRIDGES: SectionRow(
        names={
            "transform": Section.TRANSFORMS,
            "transforms": Section.TRANSFORMS,
            "map": Section.TRANSFORMS,
            "maps": Section.TRANSFORMS,
            "schema": Section.SCHEMAS,
            "schemas": Section.SCHEMAS,
            "schemaname": Section.SCHEMAS,
            "pipeline": Section.PIPELINES,
            "template": Section.TEMPLATES,
            "agreement": Section.AGREEMENTS,
            "certificate": Section.CERTIFICATES,
            "certificatename": Section.CERTIFICATES,
            "signingcertificate": Section.CERTIFICATES,
            "signingcertificatename": Section.CERTIFICATES,
            "encryptioncertificate": Section.CERTIFICATES,
            "encryptioncertificatename": Section.CERTIFICATES,
            "hybridconnection": Section.HYBRID_CONNECTIONS,
            "assembly": Section.ASSEMBLIES,
            "assemblies": Section.ASSEMBLIES,
        },
        quota=_per_unit(0, 25, 25, 125, 500),
    ),
    Section.CERTIFICATES: SectionRow(content=True),
    Section.HYBRID_CONNECTIONS: SectionRow(
        quota=_per_unit(5, 5, 10, 50, 100),
        backed_up=False,
    ),
    Section.PARTNERS: SectionRow(),
    Section.PIPELINES: SectionRow(
        names={
            "schema": Section.SCHEMAS,
            "schemas": Section.SCHEMAS,
            "assembly": Section.ASSEMBLIES,
            "assemblies": Section.ASSEMBLIES,
        },
    ),
    # A process says what partners exchange, and names no other artifact.
    Section.ROSETTANET_PROCESSES: SectionRow(first=False),
    Section.SCHEMAS: SectionRow(content=True),
    Section.TEMPLATES: SectionRow(content=True),
    Section.TRANSFORMS: SectionRow(
        content=True,
        names={
            "sourceschema": Section.SCHEMAS,
            "targetschema": Section.SCHEMAS,
            "assembly": Section.ASSEMBLIES,
            "assemblies": Section.ASSEMBLIES,
        },
    ),
    Section.X12_MAPPINGS: SectionRow(content=True),
}

WITH_CONTENT = frozenset(section for section, facts in SECTIONS.items() if facts.content)
"""Sections whose artifacts may have content."""

NOT_BACKED_UP = frozenset(section for section, facts in SECTIONS.items() if not facts.backed_up)

BACKED_UP: tuple[Section, ...] = tuple(sorted(frozenset(Section) - NOT_BACKED_UP))
"""Sections in the order of a backup, which is that of the keys in the table Configuration."""

CONFIGURATION_SECTIONS: tuple[str, ...] = (SERVICE, *BACKED_UP)
"""Sections in the order in which a cut returns them."""

NAMED = frozenset(target for facts in SECTIONS.values() for target in facts.names.values())
"""Sections whose artifacts can be named by others."""

IMPORT_ORDER: tuple[Section, ...] = tuple(
    TopologicalSorter(
        {section: [*facts.names.values()] for section, facts in SECTIONS.items()}
    ).static_order()
)
"""An order of the sections in which an artifact comes before those that name it."""

RUNTIME_SECTIONS: tuple[str, ...] = (CONTROL_NUMBERS, RECEIVED_NUMBERS, MIC_VALUES, SESSIONS)
"""Sections of run-time state, in the order of a backup."""

WITH_SECRETS: tuple[str, ...] = (*CONFIGURATION_SECTIONS, SESSIONS)
"""Sections whose records may have secrets, in the order in which a backup holds these."""

BACKUP_SECTIONS = frozenset((*CONFIGURATION_SECTIONS, *RUNTIME_SECTIONS, CONTENT))
"""All sections that a backup may have: a reader refuses a backup with others."""

ADDED_LATER = frozenset((*(s for s, facts in SECTIONS.items() if not facts.first), SESSIONS))
"""Sections that format version 1 does not know: a backup without records of them does not name
them."""
