"""Steps of the loss and the way back: delete, restore, look before resuming, resume."""

from localhost.demo.network import agreements
from localhost.demo.steps.numbering import by_agreement
from localhost.demo.story import Step, Story

_EDITION = "Standard"


async def _delete_service(story: Story) -> None:
    service = story.names.service
    answer = await story.api.call("DELETE", "services", service, expect=202)
    story.show(answer)
    await story.follow(answer, "Deletion")
    await story.refusal("ServiceNotFound", 404, "GET", "services", service)


async def _restore(story: Story) -> None:
    body = {
        "backup": {"storageAccount": story.account, "container": story.names.first_backup},
        "service": {"edition": _EDITION, "unitCount": 2},
    }
    plan = await story.api.call("POST", "restores", query="?validateOnly=true", body=body)
    story.show(plan)
    sections = {name: count for name, count in plan.json["sections"].items() if count}
    story.terminal.fact(
        "would restore", ", ".join(f"{name} {count}" for name, count in sections.items())
    )
    story.stopped = plan.json["sources"]
    story.check(
        bool(story.stopped) and not any("alsoPolledBy" in source for source in story.stopped),
        f"{len(story.stopped)} sources will come back stopped; no other service polls them",
    )
    answer = await story.api.call("POST", "restores", body=body, expect=202)
    story.show(answer)
    await story.follow(answer, "Restore")
    view = (await story.api.call("GET", "services", story.names.service)).json
    story.terminal.fact("service", f"{view['name']}, {view['edition']}, {view['unitCount']} units")
    story.terminal.fact("domainUrl", view["domainUrl"])
    story.check(
        view["edition"] == _EDITION and view["name"] == story.names.service,
        "it is back under its old name, on the higher edition",
    )


async def _suspended(story: Story) -> None:
    service = story.names.service
    answer = await story.api.call("GET", "services", service)
    story.show(answer)
    story.terminal.fact("state", answer.json["state"])
    story.terminal.fact("allows", ", ".join(answer.json["allowedOperations"]))
    story.check(answer.json["state"] == "Suspended", "a restored service begins Suspended")
    await story.refusal(
        *("ServiceNotActive", 409, "POST", "services", service),
        *("control-numbers", agreements.OSTROW_X12, "allocate"),
        body={"kind": "interchange"},
    )
    numbers = await story.api.call("GET", "services", service, "control-numbers", query="?top=1000")
    story.show(numbers)
    counters = {row["agreement"]: row["counters"] for row in numbers.json["value"]}
    nexts = {
        (agreement, kind): str(counters[agreement][kind]["next"])
        for agreement, kind in story.issued.places()
    }
    story.terminal.table(by_agreement(nexts), frozenset({1, 2, 3}))
    story.check(
        all(
            counters[agreement][kind]["last"] == story.issued.last((agreement, kind))
            for agreement, kind in story.issued.places()
        ),
        "these come next: every counter follows the last number ever issued, not the backup's",
        f"{counters}",
    )


async def _resume(story: Story) -> None:
    answer = await story.api.call("POST", "services", story.names.service, "resume")
    story.show(answer)
    story.check(answer.json["state"] == "Active", "the service is Active again")


DELETE_SERVICE = Step(
    "Lose the service",
    "Deleted, with every partner, agreement and certificate. Only the backup in the other account "
    "and the ledger of issued numbers remain.",
    _delete_service,
)
RESTORE = Step(
    "Restore it as Standard",
    "The same request with validateOnly=true says first what it would make, and writes nothing. "
    "The edition may be the same or higher.",
    _restore,
)
SUSPENDED = Step(
    "Look before anything moves",
    "A restored service sends nothing until somebody has checked it: credentials, polled folders, "
    "whether the old one is really gone.",
    _suspended,
)
RESUME = Step(
    "Resume",
    "One deliberate request opens the service for the run time.",
    _resume,
)
