"""The network as one list of artifacts, in an order in which a service can take it."""

import base64
import hashlib
import json
import secrets
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from localhost.demo.network.agreements import agreements
from localhost.demo.network.artifact import Artifact, Content, JsonObject
from localhost.demo.network.certificates import (
    ServiceCertificate,
    certificates,
    service_certificate,
)
from localhost.demo.network.masking import secrets_of

FOLDER = Path(__file__).parent
HOST = "b2b.tarnfell.example"

_BLANK = "@secret"
"""Stands in the files where a secret belongs; one is made for each when the network is built."""

_ASSEMBLY = "Tarnfell.Edi.Rounding"
_ASSEMBLY_BYTES = 24 * 1024


@dataclass(frozen=True)
class Network:
    """Everything that the demo puts into its service."""

    artifacts: list[Artifact]
    certificate: ServiceCertificate
    access_key: str
    tracking_password: str

    def section(self, name: str) -> list[Artifact]:
        """The artifacts of one section."""
        return [artifact for artifact in self.artifacts if artifact.section == name]

    def files(self) -> list[tuple[Artifact, Content]]:
        """The artifacts that have bytes, with these."""
        return [(artifact, artifact.content) for artifact in self.artifacts if artifact.content]

    def counts(self) -> Counter[str]:
        """How many artifacts each section holds."""
        return Counter(artifact.section for artifact in self.artifacts)

    def secrets(self) -> set[str]:
        """Every secret of the network in the clear: none may ever come back."""
        found = {self.access_key, self.tracking_password, *self.certificate.settings().values()}
        for artifact in self.artifacts:
            found |= set(secrets_of(artifact.document))
        return found


def build() -> Network:
    """Make the network, with secrets and certificates of this run."""
    return Network(
        artifacts=[
            *_documents("partners"),
            *_schemas(),
            *_transforms(),
            *certificates(),
            _assembly(),
            *agreements(),
            *_documents("pipelines"),
            *_documents("bridges"),
            *_documents("templates"),
            *_documents("x12-mappings"),
            *_documents("batches"),
            *_documents("hybrid-connections"),
        ],
        certificate=service_certificate(HOST),
        access_key=secrets.token_urlsafe(32),
        tracking_password=secrets.token_urlsafe(24),
    )


def _documents(folder: str) -> list[Artifact]:
    """The JSON files of a folder, each with a name and a document."""
    return [
        Artifact(folder, item["name"], item["document"])
        for item in (_json(path) for path in sorted((FOLDER / folder).glob("*.json")))
    ]


def _json(path: Path) -> JsonObject:
    text = path.read_text(encoding="utf-8")
    while _BLANK in text:
        made = base64.b64encode(secrets.token_bytes(24)).decode()
        text = text.replace(_BLANK, made, 1)
    item: JsonObject = json.loads(text)
    return item


def _schemas() -> list[Artifact]:
    return [
        Artifact(
            "schemas",
            path.stem,
            {"schemaType": "Xml", "fileName": path.name},
            Content(path.read_bytes(), "application/xml"),
        )
        for path in sorted((FOLDER / "schemas").glob("*.xsd"))
    ]


def _transforms() -> list[Artifact]:
    """A map's name says what it reads and what it writes."""
    maps = []
    for path in sorted((FOLDER / "transforms").glob("*.xslt")):
        source, target = path.stem.split("_to_")
        document = {"mapType": "Xslt", "sourceSchema": source, "targetSchema": target}
        content = Content(path.read_bytes(), "application/xslt+xml")
        maps.append(Artifact("transforms", path.stem, document, content))
    return maps


def _assembly() -> Artifact:
    """Bytes in place of a .NET assembly, which would need a compiler: they say so themselves."""
    label = b"Interkeep demo: sample bytes in place of a .NET assembly. Not executable.\r\n"
    blocks = (hashlib.sha256(label + bytes([i >> 8, i & 255])).digest() for i in range(1024))
    document: JsonObject = {
        "assemblyName": _ASSEMBLY,
        "assemblyVersion": "1.4.0.0",
        "assemblyCulture": "neutral",
        "description": "Sample bytes of the demo in place of a .NET assembly",
    }
    data = (label + b"".join(blocks))[:_ASSEMBLY_BYTES]
    return Artifact("assemblies", _ASSEMBLY, document, Content(data, "application/octet-stream"))
