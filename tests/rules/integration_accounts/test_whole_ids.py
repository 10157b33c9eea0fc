"""Messages give the ids of accounts and vaults whole: their names come last."""

import pytest

from shared.model.integration_account import AccountId
from shared.model.problem import Problem
from shared.rules.integration_accounts.ids import account_id_of, require_in
from shared.rules.integration_accounts.push_changes import VaultKey
from shared.rules.integration_accounts.push_keys import VaultKeys
from shared.rules.naming import LONGEST_ID, shown

LONGEST = AccountId("8a6ce9e8-3d1c-4b0e-9a43-7b1d6f0c2a11", "g" * 90, "n" * 80)


def test_the_longest_id_of_an_account_is_named_whole() -> None:
    with pytest.raises(Problem) as refused:
        require_in([], account_id_of(str(LONGEST)))
    assert f"'{LONGEST}'" in refused.value.message


def test_what_is_no_id_is_bounded() -> None:
    with pytest.raises(Problem) as refused:
        account_id_of("/" + "x" * 5_000)
    assert len(refused.value.message) < LONGEST_ID + 400
    assert shown("x" * 101) == "x" * 100 + "…"


def test_a_vault_is_named_whole() -> None:
    vault = str(LONGEST).replace("Microsoft.Logic/integrationAccounts", "Microsoft.KeyVault/vaults")
    keys = VaultKeys()
    keys.add("A", VaultKey(vault, "key", ""))
    keys.not_checked(vault, "It did not answer.")
    keys.look_at(vault, [])
    ([problem], [warning]) = keys.end()
    assert f"Whether {vault} has the keys" in warning.message
    assert f"the vault {vault} has no key" in problem.message
