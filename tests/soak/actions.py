"""What the clients of a soak do to one service, each checked against the model at once."""

from typing import Any

from shared.model.service import State
from shared.rules.states import ALLOWED, MANAGEABLE, TRANSITIONS, ServiceOperation
from tests.soak.client import Client
from tests.soak.model import SECRET, Known, Violated
from tests.support.api import Reply, nobodys, x12_document

AGREEMENTS = ("A1", "A2", "A3")
NAMES = {"partners": ("p1", "p2", "p3"), "schemas": ("s1", "s2"), "templates": ("t1", "t2")}
PAIR = ("pair-a", "pair-b")
"""Written together always: every backup has them with one serial."""


_INTERRUPTED = ("ConditionNotMet", "OperationInProgress", "InternalError")
"""What a transition may meet: another writer of the service, or its own interrupted first try."""


class Actions:
    """Each method is one action on one service; those that change it hold its lock."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.model = client.model
        self.chance = client.chance

    async def create(self, known: Known) -> None:
        """Create the service, or replace the settings that it has."""
        async with known.lock:
            if known.state is not None:
                return
            wanted = {"edition": "Standard", "accessControl": {"namespace": "n", "key": SECRET}}
            refused = ("OperationNotAllowed", "ConditionNotMet", "InvalidRequest")
            await self.client.surely("PUT", f"services/{known.name}", wanted, refused=refused)
            state = await self.settled(known)
            if state is State.CREATE_FAILED:  # its host was killed half way
                await self.remove(known)
                return
            if state is not State.ACTIVE:
                raise Violated(f"{known.name} is {state} after its creation")
            known.state, known.units = state, 1

    async def settled(self, known: Known) -> State | None:
        """The state of the service once no immediate transition is under way."""
        for _ in range(600):
            reply = await self.client.surely(
                "GET", f"services/{known.name}", refused=("ServiceNotFound",)
            )
            state = State(reply.body["state"]) if reply.status == 200 else None
            if state not in (State.CREATING, State.UPDATING):
                return state
            await self.client.hosts.tick("recover_operations")
        raise Violated(f"{known.name} stays {state}")

    async def put_artifact(self, known: Known) -> None:
        """Write an artifact with a secret in it."""
        section = self.chance.choice(list(NAMES))
        await self._put(known, section, self.chance.choice(NAMES[section]))

    async def put_agreement(self, known: Known) -> None:
        """Write an agreement: its numbers go on where they stood."""
        await self._put(known, "agreements", self.chance.choice(AGREEMENTS))

    async def _put(self, known: Known, section: str, name: str) -> None:
        async with known.lock:
            serial = self.model.next_serial()
            document: Any = {"serial": serial, "password": f"{SECRET}-{serial}"}
            if section == "agreements":
                document = {**nobodys(x12_document(passwordValue=SECRET)), "serial": serial}
            reply = await self._changed(
                known, "PUT", f"artifacts/{section}/{name}", {"document": document}
            )
            if reply is not None:
                known.artifacts[section, name] = serial

    async def put_pair(self, known: Known) -> None:
        """Write two artifacts in one transaction."""
        async with known.lock:
            serial = self.model.next_serial()
            items = [
                {"section": "bridges", "name": name, "document": {"serial": serial}}
                for name in PAIR
            ]
            if await self._changed(known, "POST", "import", {"artifacts": items}) is not None:
                known.artifacts.update({("bridges", name): serial for name in PAIR})

    async def delete_artifact(self, known: Known) -> None:
        """Delete an artifact; an agreement's numbers stay issued."""
        async with known.lock:
            choices = sorted(key for key in known.artifacts if key[0] != "bridges")
            if not choices:
                return
            section, name = self.chance.choice(choices)
            gone = ("ArtifactNotFound", "AgreementNotFound")
            path = f"artifacts/{section}/{name}"
            if await self._changed(known, "DELETE", path, also=gone) is not None:
                del known.artifacts[section, name]
                if section == "schemas":
                    known.content.pop(name, None)

    async def put_content(self, known: Known) -> None:
        """Give a schema its bytes."""
        async with known.lock:
            names = [name for section, name in known.artifacts if section == "schemas"]
            if not names:
                return
            name = self.chance.choice(sorted(names))
            data = self.chance.randbytes(self.chance.choice((10, 1000, 100_000)))
            path = f"artifacts/schemas/{name}/content"
            if await self._changed(known, "PUT", path, data=data) is not None:
                known.content[name] = data

    async def _changed(
        self,
        known: Known,
        method: str,
        path: str,
        json: Any = None,
        *,
        also: tuple[str, ...] = (),
        **more: Any,
    ) -> Reply | None:
        """A change of the configuration: done where the state allows it, else refused."""
        refused = ("OperationNotAllowed", "ServiceNotFound", "DanglingReference")
        reply = await self.client.surely(
            method, f"services/{known.name}/{path}", json, refused=(*refused, *also), **more
        )
        done = reply.status < 300 or reply.code in also
        if done != (known.state in MANAGEABLE):
            raise Violated(f"{method} {path} of {known.name}, {known.state}: {reply.content!r}")
        return reply if done else None

    async def read(self, known: Known) -> None:
        """Read something and compare it."""
        async with known.lock:
            if known.state is None:
                gone = await self.client.surely(
                    "GET", f"services/{known.name}", refused=("ServiceNotFound",)
                )
                if gone.status != 404:
                    raise Violated(f"{known.name} is there again: {gone.body}")
                return
            await self.compare(known)

    async def compare(self, known: Known) -> None:
        """All artifacts, one content and the state are those of the model."""
        shown = await self.artifacts(known)
        if shown != known.artifacts:
            raise Violated(f"{known.name} holds {shown}, not {known.artifacts}")
        state = await self.settled(known)
        if state is not known.state:
            raise Violated(f"{known.name} is {state}, not {known.state}")
        for name, data in list(known.content.items())[:1]:
            path = f"services/{known.name}/artifacts/schemas/{name}/content"
            if (await self.client.surely("GET", path)).content != data:
                raise Violated(f"the content of {known.name}'s {name} is not what was put")

    async def artifacts(self, known: Known) -> dict[tuple[str, str], Any]:
        """What the service holds, by section and name."""
        found = {}
        for section in (*NAMES, "agreements", "bridges"):
            path = f"services/{known.name}/artifacts/{section}"
            for item in (await self.client.surely("GET", path)).body["value"]:
                document = item["document"]
                found[section, item["name"]] = document["serial"]
                if document.get("password", "********") != "********":
                    raise Violated(f"a secret is shown: {section}/{item['name']}")
        return found

    async def allocate(self, known: Known) -> None:
        """Issue numbers, whatever anybody else does to the service meanwhile."""
        agreement = self.chance.choice(AGREEMENTS)
        await self._allocate(known, agreement, self.chance.randint(1, 5))

    async def allocate_alone(self, known: Known) -> None:
        """Issue numbers while nobody changes the service: exactly where its state allows it."""
        agreement = self.chance.choice(AGREEMENTS)
        async with known.lock:
            may = known.state is State.ACTIVE and ("agreements", agreement) in known.artifacts
            issued = await self._allocate(known, agreement, 1)
            if issued is not None and issued != may:
                verb = "issued" if issued else "refused"
                raise Violated(f"{verb} a number of {known.name}/{agreement}, {known.state}")

    async def _allocate(self, known: Known, agreement: str, count: int) -> bool | None:
        reply = await self.client.once(
            "POST",
            f"services/{known.name}/control-numbers/{agreement}/allocate",
            {"kind": "interchange", "count": count},
            refused=("ServiceNotActive", "ServiceNotFound", "AgreementNotFound"),
        )
        if reply is None:
            return None
        if reply.status == 200:
            numbers = [number["value"] for number in reply.body["numbers"]]
            self.model.issue(known.name, agreement, numbers)
        return reply.status == 200

    async def move(self, known: Known) -> None:
        """Ask for any transition: done where the chart allows it."""
        async with known.lock:
            if known.state is None:
                return
            # Mostly on the way back to Active, where most happens.
            ways = list(TRANSITIONS) + [ServiceOperation.RESUME, ServiceOperation.ENABLE] * 4
            await self.transition(known, self.chance.choice([*ways, ServiceOperation.START]))

    async def transition(self, known: Known, operation: ServiceOperation) -> None:
        """One transition, and what the chart says of it."""
        assert known.state is not None
        target = TRANSITIONS[operation][1]
        allowed = operation in ALLOWED[known.state]
        reply = await self.client.surely(
            "POST",
            f"services/{known.name}/{operation}",
            headers=self.client.operation_id(),
            refused=(
                "OperationNotAllowed",
                "ConditionNotMet",
                "OperationInProgress",
                "InternalError",
            ),
        )
        state = await self.settled(known)
        if reply.status < 300:
            if not allowed or state is not target:
                raise Violated(f"{operation} of {known.name}, {known.state}: {state}")
        elif reply.code == "OperationNotAllowed" and allowed:
            raise Violated(f"{operation} of {known.name}, {known.state}: {reply.content!r}")
        elif state not in (known.state, target) or (state is not known.state and not allowed):
            raise Violated(f"{operation} of {known.name}, {known.state}, refused: {state}")
        known.state = state

    async def scale(self, known: Known) -> None:
        """Change the units."""
        async with known.lock:
            if known.state is not State.ACTIVE:
                return
            await self.client.surely(
                "POST",
                f"services/{known.name}/scale",
                {"unitCount": self.chance.randint(1, 4)},
                headers=self.client.operation_id(),
                refused=_INTERRUPTED,
            )

    async def remove(self, known: Known) -> None:
        """Delete the service; its lock is held."""
        reply = await self.client.surely(
            "DELETE",
            f"services/{known.name}",
            headers=self.client.operation_id(),
            refused=("OperationInProgress", "ConditionNotMet"),
        )
        if reply.status != 202:
            return
        monitor = await self.client.ended(reply)
        if monitor["status"] != "Succeeded":
            raise Violated(f"the deletion of {known.name} ended {monitor}")
        known.gone()

    async def delete(self, known: Known) -> None:
        """Delete the service."""
        async with known.lock:
            if known.state is not None and ServiceOperation.DELETE in ALLOWED[known.state]:
                await self.remove(known)
