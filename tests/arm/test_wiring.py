"""The installation's own client, and what the engine makes of its refusals."""

from shared.installation.installation import Installation
from shared.model.problem import Code, Problem
from shared.operations.failures import passes
from tests.arm.scripted import ACCOUNT, Reply, Rerouted, path_of, served, settings_of


async def test_an_installation_has_one_client_and_closes_it() -> None:
    async with served() as server:
        server.on(path_of(), Reply(200, {"name": "contoso-b2b"}))
        transport = Rerouted(server.port)
        installation = Installation(
            settings_of(ARM_STAND_IN="http://127.0.0.1:7075"), arm_transport=transport
        )
        assert (await installation.arm.account(ACCOUNT).get())["name"] == "contoso-b2b"
        assert transport.session is not None
        await installation.close()
        assert transport.session is None


def test_only_what_may_pass_is_tried_again() -> None:
    assert {code for code in Code if passes(Problem(code, "x"))} == {
        Code.STORAGE_UNAVAILABLE,
        Code.KEY_VAULT_UNAVAILABLE,
        Code.INTEGRATION_ACCOUNT_UNAVAILABLE,
        Code.CONFIGURATION_HELD,
    }
    assert passes(Problem(Code.BACKUP_NOT_FOUND, "x", again=True)), "the last attempt alone is final"
