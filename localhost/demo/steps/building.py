"""Steps that build the service: settings, artifacts, content."""

import hashlib

from localhost.demo.network.build import HOST
from localhost.demo.network.masking import MASK
from localhost.demo.reading import read_back
from localhost.demo.story import Step, Story


async def _create_service(story: Story) -> None:
    settings = {
        "edition": "Basic",
        "unitCount": 1,
        "productVersion": "1.1.0",
        "region": "West Europe",
        "domainUrl": f"https://{HOST}",
        "accessControl": {"namespace": "tarnfell-b2b", "key": story.network.access_key},
        "trackingDatabase": {
            "server": "sql.tarnfell.example",
            "name": "B2BTracking",
            "login": "tracking",
            "password": story.network.tracking_password,
        },
        "sslCertificate": story.network.certificate.settings(),
    }
    answer = await story.api.call("PUT", "services", story.names.service, body=settings, expect=201)
    story.show(answer)
    view = answer.json
    story.terminal.fact("service", f"{view['name']}, {view['edition']}, {view['unitCount']} unit")
    story.terminal.fact("state", view["state"])
    story.terminal.fact("allows", ", ".join(view["allowedOperations"]))
    story.check(
        view["edition"] == "Basic" and view["state"] == "Active",
        "the service is Active, and backup is among what it allows",
    )


async def _import_network(story: Story) -> None:
    items = [artifact.import_item() for artifact in story.network.artifacts]
    answer = await story.api.call(
        "POST", "services", story.names.service, "import", body={"artifacts": items}
    )
    story.show(answer)
    counts = story.network.counts()
    shown = ", ".join(f"{section} {count}" for section, count in counts.items())
    story.terminal.fact("artifacts", shown)
    created = [line for line in answer.json["value"] if line["status"] == "created"]
    story.check(
        len(created) == len(items),
        f"all {len(items)} artifacts went in, in one transaction: all of them or none",
    )


async def _upload_content(story: Story) -> None:
    files = story.network.files()
    sent, altered = 0, []
    for done, (artifact, content) in enumerate(files, start=1):
        answer = await story.api.call(
            "PUT",
            *("services", story.names.service, "artifacts", artifact.section, artifact.name),
            "content",
            content=content,
            expect=201,
        )
        if done in (1, len(files)):
            story.terminal.clear_progress()
            story.show(answer)
        sent += len(content.data)
        if answer.json["content"]["sha256"] != hashlib.sha256(content.data).hexdigest():
            altered.append(artifact.name)
        story.terminal.progress(done, len(files), f"{artifact.section}: {artifact.name}")
    story.terminal.finish_progress(f"{len(files)} files, {sent:,} bytes")
    story.check(
        not altered,
        "the sha256 in every answer is that of the bytes sent",
        ", ".join(altered),
    )


async def _quota(story: Story) -> None:
    answer = await story.api.call("GET", "services", story.names.service)
    story.show(answer)
    counts = story.network.counts()
    for section, use in answer.json["quota"].items():
        story.terminal.fact(section, f"{use['used']} of {use['limit']}")
    quota = answer.json["quota"]
    story.check(
        all(use["used"] == counts[section] for section, use in quota.items()),
        "what was imported is what is counted",
    )
    story.check(quota["agreements"]["limit"] == 50, "a Basic unit holds 50 agreements")


async def _masked_secrets(story: Story) -> None:
    service = story.names.service
    answer = await story.api.call("GET", "services", service)
    story.show(answer)
    view = answer.json
    story.terminal.fact("accessControl", f"key {view['accessControl']['key']}")
    story.terminal.fact("sslCertificate", f"password {view['sslCertificate']['password']}")
    agreement = story.network.section("agreements")[0]
    shown = await story.api.call(
        "GET", "services", service, "artifacts", "agreements", agreement.name
    )
    story.show(shown)
    security = shown.json["document"]["content"]["x12"]["sendAgreement"]["protocolSettings"][
        "securitySettings"
    ]
    story.terminal.fact("ISA02", security["authorizationValue"])
    story.terminal.fact("ISA04", security["passwordValue"])
    story.check(
        security["passwordValue"] == security["authorizationValue"] == MASK
        and view["accessControl"]["key"] == MASK,
        "passwords of the service and of its agreements come back masked",
    )
    everything = await read_back(story)
    text = answer.body.decode() + everything.text
    leaked = [secret for secret in story.network.secrets() if secret in text]
    story.check(
        not leaked,
        f"none of {len(story.network.secrets())} secrets is in any answer, of all sections",
        f"{len(leaked)} of them are there in the clear.",
    )


CREATE_SERVICE = Step(
    "Create a service",
    "Basic is the smallest edition that can be backed up. Its TLS certificate, its access key and "
    "the login of its tracking database go in with it, and will have to come back with it.",
    _create_service,
)
IMPORT_NETWORK = Step(
    "Import the trading network",
    "Tarnfell Pumps, four suppliers and a carrier: years of agreed settings that nobody wants to "
    "type again after a loss.",
    _import_network,
)
UPLOAD_CONTENT = Step(
    "Upload the files",
    "Schemas, maps, certificates and an assembly are bytes that somebody else signed off. They are "
    "kept as bytes, never decoded.",
    _upload_content,
)
QUOTA = Step(
    "Look at the quota",
    "An edition holds so many agreements and bridges; a restore that would not fit is refused "
    "before it writes anything.",
    _quota,
)
MASKED_SECRETS = Step(
    "Read the secrets back",
    "Whoever may read the configuration must not learn the partners' passwords. Secrets are sealed "
    "where they rest and masked where they show.",
    _masked_secrets,
)
