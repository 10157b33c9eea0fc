"""``python scripts/smoke.py <base-url> --key …``: the demo's checks against a deployed app.

Tells the demo's story to an app that runs anywhere, as plain lines, under names of its own, and
removes what it made: the service, its schedule and its backups. The operation log, the history
and the ledger of issued numbers of that one name stay, as they do for every service.

With ``--integration-account``, it also links a service to that account, pulls it, backs it up,
restores that as another service, plans a push of it into the account, which must come to nothing,
and ends the link. The account is only read.

Exit code: 0 when every check held and nothing is left, 1 otherwise, 2 for wrong arguments. Where a
check does not hold, FAILING lines have what the app's deep health says that it cannot use.
"""

import argparse
import asyncio
import os
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from yarl import URL

sys.path.append(str(Path(__file__).resolve().parents[1]))

from localhost.demo.client import Api, api_url
from localhost.demo.failure import DemoFailed
from localhost.demo.network.build import build
from localhost.demo.steps import READING_STEPS, STEPS
from localhost.demo.story import Names, Story, second_account, tell

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_QUIET_SECONDS = 180
_POLL_SECONDS = 1


class Report:
    """The story as plain lines: steps, checks and refusals; nothing of how it looks."""

    def step(self, number: int, title: str, why: str) -> None:  # noqa: ARG002 - a story's own
        """A step begins."""
        _print(f"{number:>2}  {title}")

    def request(self, method: str, path: str, result: str) -> None:
        """A request: not shown."""

    def fact(self, label: str, value: str) -> None:
        """Part of an answer: not shown."""

    def table(self, rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
        """A table: not shown."""

    def passed(self, text: str) -> None:
        """A check that held."""
        _print(f"    ok       {text}")

    def refused(self, text: str) -> None:
        """A refusal that was to be."""
        _print(f"    refused  {text}")

    def progress(self, done: int, total: int, label: str) -> None:
        """Progress: not shown."""

    def finish_progress(self, label: str) -> None:
        """Something long ended well."""
        _print(f"    ok       {label}")

    def clear_progress(self) -> None:
        """Something long failed: the failure says so."""


def main() -> int:
    """Run the checks; the exit code."""
    options = _options()
    names = Names.with_suffix(secrets.token_hex(4))
    try:
        return asyncio.run(_run(api_url(options.base_url), options, names))
    except KeyboardInterrupt:
        made = f"{names.service}, {names.linked} and {names.linked_copy}"
        _print(f"Interrupted. Look for the services {made} and remove them.")
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/smoke.py",
        description="Back up a service, lose it and restore it on a deployed app, check every "
        "step, and clean up.",
        epilog="Exit code: 0 when every check held and nothing is left, 1 when not, 2 for wrong "
        "arguments.",
    )
    parser.add_argument("base_url", help="such as https://func-abc.azurewebsites.net/api")
    parser.add_argument(
        "--key",
        default=os.environ.get("INTERKEEP_KEY"),
        help="a host key (x-functions-key); better in the environment as INTERKEEP_KEY. Not "
        "needed with a token where the app's keys are optional",
    )
    parser.add_argument(
        "--token",
        default=os.environ.get("INTERKEEP_TOKEN"),
        help="an access token, where the app asks callers to sign in; or INTERKEEP_TOKEN",
    )
    parser.add_argument("--account", help="alias of the storage account that backups go to")
    parser.add_argument(
        "--integration-account",
        metavar="ID",
        default=os.environ.get("INTERKEEP_SMOKE_INTEGRATION_ACCOUNT"),
        help="ARM id of an integration account that the app may name and no service is linked to: "
        "it is pulled and backed up too, a push into it is planned, and it is only read; or "
        "INTERKEEP_SMOKE_INTEGRATION_ACCOUNT",
    )
    options = parser.parse_args()
    if not (options.key or options.token):
        parser.error(
            "give --key, or INTERKEEP_KEY in the environment; where the app's keys are optional, "
            "--token alone"
        )
    for name in ("key", "token"):
        given = (getattr(options, name) or "").strip()
        if not given.isprintable():
            parser.error(f"the {name} has characters that none has: was more copied than it?")
        setattr(options, name, given)
    url = URL(options.base_url)
    if url.scheme not in {"http", "https"} or not url.host:
        parser.error(f"{options.base_url} is no http or https address")
    if url.scheme == "http" and url.host not in _LOOPBACK:
        parser.error("keys and tokens go over https alone, but to this machine")
    return options


async def _run(base_url: str, options: argparse.Namespace, names: Names) -> int:
    began = time.monotonic()
    failed = False
    async with Api(base_url, options.key, options.token) as api:
        try:
            await api.call("GET", "health")
            account = await second_account(api, options.account)
        except DemoFailed as error:
            _print(f"FAILED   {base_url} cannot be used.\n{error}")
            return 1
        _print(await _portal(api))
        _print(f"Service {names.service} on {base_url}, backups to '{account}'")
        story = Story(
            *(api, Report(), build(), names, account),
            readable=None,
            owned=None,
            integration_account=(options.integration_account or "").strip(),
        )
        try:
            told = await tell(story, STEPS)
            if story.integration_account:
                _print(
                    f"Service {names.linked} for {story.integration_account}, which is only read"
                )
                await tell(story, READING_STEPS, told)
        except DemoFailed as error:
            _print(f"FAILED   {error}")
            failed = True
            for failing in await _failing(api):
                _print(f"FAILING  {failing}")
        finally:
            left = await _clean_up(api, story, names.service)
            if story.integration_account:
                left += await _clean_up(api, story, names.linked_copy)
                left += await _clean_up(api, story, names.linked)
    for thing in left:
        _print(f"LEFT     {thing}")
    _print(
        f"{'FAILED' if failed or left else 'PASSED'}   {story.checks} checks held, "
        f"{story.refused} of them refusals, {api.calls} requests, "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if failed or left else 0


async def _portal(api: Api) -> str:
    """Whether the page in a browser is there; the rest does not need it."""
    answer = await api.call("GET", "portal", expect=(200, 404, 503))
    if answer.status == 200:
        return f"The portal: {api.base_url}/portal/"
    return f"MISSING  the portal: {answer.body.decode(errors='replace').strip()[:300]}"


async def _failing(api: Api) -> list[str]:
    """What the app itself says that it cannot use: most often why a check did not hold."""
    try:
        answer = await api.call("GET", "health", "deep", expect=(200, 503))
    except DemoFailed as error:
        return [f"{error}"]
    checks = answer.json.get("checks", [])
    return [f"{one['name']}: {one['error']}" for one in checks if one["status"] != "ok"]


async def _clean_up(api: Api, story: Story, name: str) -> list[str]:
    """Remove a service that the story made, with its backups; what could not be removed, and
    why."""
    left = []
    service = ("services", name)
    try:
        await _quiet(api, service)
        await api.call("DELETE", *service, "backup-schedule", expect=(204, 404))
        deleted = await api.call("DELETE", *service, expect=(202, 404))
        if deleted.status == 202:
            await story.follow(deleted, f"Cleaning up: the service {name}")
    except DemoFailed as error:
        left.append(f"service {name}: {error}")
    try:
        backups = (await api.call("GET", *service, "backups")).json["value"]
    except DemoFailed as error:
        return [*left, f"backups of {name} in '{story.account}': {error}"]
    for backup in backups:
        if backup["status"] in ("Deleted", "Failed"):
            continue
        place = (*service, "backups", backup["name"])
        try:
            if backup.get("pinned"):
                await api.call("PATCH", *place, body={"pinned": False})
            answer = await api.call("DELETE", *place, query="?force=true", expect=202)
            await story.follow(answer, f"Cleaning up: {backup['name']}")
        except DemoFailed as error:
            left.append(f"container {backup['container']} in '{story.account}': {error}")
    return left


async def _quiet(api: Api, service: tuple[str, str]) -> None:
    """Wait until no operation of the service is under way: a story that broke off leaves some.

    :raises DemoFailed: one does not end.
    """
    deadline = time.monotonic() + _QUIET_SECONDS
    while True:
        listed = await api.call("GET", *service, "operations", expect=(200, 404))
        operations = listed.json["value"] if listed.status == 200 else []
        busy = [one["id"] for one in operations if one["status"] in ("NotStarted", "Running")]
        if not busy:
            return
        if time.monotonic() > deadline:
            raise DemoFailed(f"still under way after {_QUIET_SECONDS} s: {', '.join(busy)}")
        await asyncio.sleep(_POLL_SECONDS)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
