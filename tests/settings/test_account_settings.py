"""The settings of integration accounts: which may be named, in which cloud, or on this machine."""

import json

import pytest

from shared.rules.integration_accounts.ids import Scope
from shared.settings.environment import SettingsInvalid, read_settings
from shared.settings.integration_accounts import CLOUDS, ArmSetting, is_loopback

KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="
SUBSCRIPTION = "6a1f0c2e-5b8a-4c6f-9e3d-2a1b0c9d8e7f"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-b2b"


def read(**more: str) -> ArmSetting:
    state = f"AccountName=contoso;AccountKey={KEY}"
    return read_settings({"STATE_STORAGE": state, "SEALING_KEY": KEY, **more}).arm


def wrong(**more: str) -> list[str]:
    with pytest.raises(SettingsInvalid) as refused:
        read(**more)
    return [line.removeprefix("- ") for line in str(refused.value).splitlines()[1:]]


def test_nothing_is_set_where_nothing_is_given() -> None:
    assert read() == ArmSetting((), "AzureCloud", None)
    assert read(INTEGRATION_ACCOUNTS="", ARM_CLOUD="", ARM_STAND_IN="") == ArmSetting()
    assert read(INTEGRATION_ACCOUNTS="[]") == ArmSetting()


def test_scopes_are_read_each_once() -> None:
    listed = json.dumps([GROUP, f"/subscriptions/{SUBSCRIPTION}", GROUP.upper()])
    assert read(INTEGRATION_ACCOUNTS=listed).scopes == (
        Scope(SUBSCRIPTION, "rg-b2b"),
        Scope(SUBSCRIPTION),
    )


@pytest.mark.parametrize("cloud", CLOUDS)
def test_clouds(cloud: str) -> None:
    assert read(ARM_CLOUD=cloud).cloud == cloud


@pytest.mark.parametrize(
    "listed",
    [
        GROUP,
        "{}",
        '{"a": 1}',
        '"text"',
        "[1]",
        "[null]",
        "[" * 100_000,
        json.dumps(["*"]),
        json.dumps(["/"]),
        json.dumps([f"{GROUP}/providers/Microsoft.Logic/workflows/w"]),
        json.dumps([GROUP, "contoso"]),
    ],
)
def test_what_is_no_list_of_ids_is_told(listed: str) -> None:
    (line,) = wrong(INTEGRATION_ACCOUNTS=listed)
    assert line.startswith("INTEGRATION_ACCOUNTS: ")


def test_everything_is_told_at_once() -> None:
    lines = wrong(
        INTEGRATION_ACCOUNTS=json.dumps(["one", "two"]),
        ARM_CLOUD="azurecloud",
        ARM_STAND_IN="https://management.azure.com",
    )
    assert sorted(line.partition(":")[0] for line in lines) == [
        "ARM_CLOUD",
        "ARM_STAND_IN",
        "INTEGRATION_ACCOUNTS",
        "INTEGRATION_ACCOUNTS",
    ]


@pytest.mark.parametrize("address", ["http://127.0.0.1:7075", "http://127.0.0.1:7075/"])
def test_a_stand_in_is_an_address_of_this_machine(address: str) -> None:
    assert read(ARM_STAND_IN=address).stand_in == "http://127.0.0.1:7075"


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:7075",
        "http://127.0.0.1",
        "http://localhost:7075",
        "http://10.0.0.1:7075",
        "http://169.254.169.254:80",
        "http://0.0.0.0:7075",
        "http://example.com:7075",
        "http://127.0.0.1:7075@example.com:80",
        "http://127.0.0.1@example.com:80",
        "http://127.0.0.1:7075/arm",
        "http://127.0.0.1:7075?x",
        "http://127.0.0.1:7075#x",
        "http://[::ffff:10.0.0.1]:7075",
        "http://127.0.0.1:99999",
        "127.0.0.1:7075",
        "//127.0.0.1:7075",
        "1",
    ],
)
def test_a_stand_in_elsewhere_is_refused(address: str) -> None:
    (line,) = wrong(ARM_STAND_IN=address)
    assert line.startswith("ARM_STAND_IN: needs an address of this machine")


def test_loopback_has_two_families() -> None:
    assert is_loopback("http://[::1]:7075")
    assert is_loopback("http://127.8.9.1:1")
