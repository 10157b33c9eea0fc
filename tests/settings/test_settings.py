"""What is wrong with the settings: all of it at once, by name, with what to do; no secret."""

import base64
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localhost.timers import expanded, next_tick
from shared.settings.environment import (
    Settings,
    SettingsInvalid,
    apply_defaults,
    keys_are_optional,
    read_settings,
)
from shared.settings.timers import DEFAULT_TIMERS, schedule_problem

KEY = base64.b64encode(os.urandom(32)).decode()
KEYED = f"DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey={KEY};"
CLIENT = "00000000-1111-2222-3333-444444444444"
BY_IDENTITY = {
    f"STATE_STORAGE__{service}ServiceUri": f"https://contoso.{service}.core.windows.net/"
    for service in ("blob", "queue", "table")
}


def read(given: Mapping[str, str] | None = None, **more: str) -> Settings:
    return read_settings({"SEALING_KEY": KEY, **(given or {"STATE_STORAGE": KEYED}), **more})


def wrong(given: Mapping[str, str] | None = None, **more: str) -> list[str]:
    """What the one message lists; each line begins with a setting's name."""
    with pytest.raises(SettingsInvalid) as refused:
        read(given, **more)
    assert KEY not in str(refused.value)
    return [line.removeprefix("- ") for line in str(refused.value).splitlines()[1:]]


def names(lines: list[str]) -> list[str]:
    return sorted(line.partition(":")[0] for line in lines)


def test_everything_at_once() -> None:
    said = wrong(
        {"STATE_STORAGE__blobServiceUri": "http://contoso.blob.core.windows.net"},
        STATE_STORAGE__clientId="interkeep",
        STORAGE_ACCOUNTS='{"off site": {"blobServiceUri": "https://a.example"}}',
        SCHEDULE_TIMER="every minute",
        SWEEP_TIMER="0 7 * * *",
        LEASE_SECONDS="1",
        RETRY_SECONDS="soon",
        REQUIRE_ROLES="perhaps",
        SERVICE_DOMAIN="Contoso",
        ALERT_WEBHOOK_URL="contoso",
        KEY_VAULT_CLIENT_ID="x",
        AzureFunctionsJobHost__extensions__queues__messageEncoding="none",
    )
    assert names(said) == [
        "ALERT_WEBHOOK_URL",
        "AzureFunctionsJobHost__extensions__queues__messageEncoding",
        "KEY_VAULT_CLIENT_ID",
        "LEASE_SECONDS",
        "REQUIRE_ROLES",
        "RETRY_SECONDS",
        "SCHEDULE_TIMER",
        "SERVICE_DOMAIN",
        "STATE_STORAGE__blobServiceUri",
        "STATE_STORAGE__clientId",
        "STATE_STORAGE__queueServiceUri",
        "STATE_STORAGE__tableServiceUri",
        "STORAGE_ACCOUNTS",
        "SWEEP_TIMER",
    ]
    assert not [line for line in said if "Input should" in line or "Value error" in line]


def test_roles_that_nobody_tells_are_told_with_all_the_rest() -> None:
    assert names(wrong(REQUIRE_ROLES="true", LEASE_SECONDS="1")) == [
        "LEASE_SECONDS",
        "REQUIRE_ROLES",
    ]


def test_keys_are_optional_where_roles_guard_the_app_alone() -> None:
    assert names(wrong(FUNCTION_KEYS="optional")) == ["FUNCTION_KEYS"]
    assert names(wrong(FUNCTION_KEYS="optional", REQUIRE_ROLES="false")) == ["FUNCTION_KEYS"]
    assert names(wrong(FUNCTION_KEYS="optional", REQUIRE_ROLES="true")) == ["REQUIRE_ROLES"]
    assert wrong(FUNCTION_KEYS="none") == ["FUNCTION_KEYS: is required or optional"]
    whole = {"FUNCTION_KEYS": "optional", "REQUIRE_ROLES": "1", "WEBSITE_AUTH_ENABLED": "True"}
    assert keys_are_optional(whole)
    for name, value in (
        ("FUNCTION_KEYS", "required"),
        ("REQUIRE_ROLES", "false"),
        ("REQUIRE_ROLES", "perhaps"),
        ("WEBSITE_AUTH_ENABLED", "False"),
    ):
        assert not keys_are_optional({**whole, name: value}), name
        assert not keys_are_optional({n: v for n, v in whole.items() if n != name}), name


def test_nothing_at_all() -> None:
    with pytest.raises(SettingsInvalid) as refused:
        read_settings({})
    assert names([line[2:] for line in str(refused.value).splitlines()[1:]]) == [
        "SEALING_KEY",
        "STATE_STORAGE",
    ]


def test_a_state_account_by_identity() -> None:
    state = read(BY_IDENTITY, STATE_STORAGE__clientId=CLIENT).state
    assert state.blob_uri == BY_IDENTITY["STATE_STORAGE__blobServiceUri"]
    assert state.client_id == CLIENT
    assert state.connection_string is None


def test_a_name_stands_for_the_addresses_in_the_public_cloud() -> None:
    for name in ("STATE_STORAGE", "AzureWebJobsStorage"):
        state = read({f"{name}__accountName": "contoso"}).state
        assert state.blob_uri == "https://contoso.blob.core.windows.net"
        assert state.queue_uri == "https://contoso.queue.core.windows.net"
        assert state.table_uri == "https://contoso.table.core.windows.net"


def test_half_a_state_account_is_not_made_whole_by_the_hosts() -> None:
    half = {"STATE_STORAGE__blobServiceUri": BY_IDENTITY["STATE_STORAGE__blobServiceUri"]}
    assert names(wrong(half, AzureWebJobsStorage=KEYED)) == [
        "STATE_STORAGE__queueServiceUri",
        "STATE_STORAGE__tableServiceUri",
    ]


def test_the_hosts_storage_stands_in_where_nothing_of_the_state_account_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [n for n in os.environ if n.partition("__")[0] == "STATE_STORAGE"]:
        monkeypatch.delenv(name)
    for name in (*DEFAULT_TIMERS, "STATE_STORAGE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("AzureWebJobsStorage", KEYED)
    monkeypatch.setenv("STATE_STORAGE__blobServiceUri", "https://contoso.blob.core.windows.net")
    apply_defaults()
    assert "STATE_STORAGE" not in os.environ, "a key of another account would win over an identity"
    monkeypatch.delenv("STATE_STORAGE__blobServiceUri")
    apply_defaults()
    assert os.environ["STATE_STORAGE"] == KEYED


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("contoso", "AccountName and AccountKey"),
        ("AccountName=contoso", "AccountKey"),
        (f"AccountKey={KEY}", "AccountName"),
        ("SharedAccessSignature=sv=1", "BlobEndpoint"),
    ],
    ids=lambda text: text.partition("=")[0],
)
def test_a_connection_string_that_is_none(text: str, lacks: str) -> None:
    (line,) = wrong({"STATE_STORAGE": text})
    assert line.startswith("STATE_STORAGE: ")
    assert line.endswith(f"lacks {lacks}")


@pytest.mark.parametrize(
    ("accounts", "says"),
    [
        ("offsite", "needs JSON"),
        ({}, "needs JSON"),
        ({"offsite": "https://a.example"}, "'offsite' needs blobServiceUri"),
        ({"offsite": {}}, "'offsite' needs blobServiceUri"),
        ({"offsite": {"blobServiceUri": "https://a.example", "clientId": "x"}}, "nothing else"),
        ({"offsite": {"blobServiceUri": "http://a.example"}}, "needs https"),
        ({"offsite": {"blobServiceUri": "https://a.example/?sv=1&sig=2"}}, "address alone"),
        ({"offsite": {"blobServiceUri": "https://a.example:port"}}, "is no address"),
        ({"offsite": {"connectionString": KEYED}}, "a setting of its own"),
        ({"offsite": {"connectionString": "OFFSITE"}}, "names the setting OFFSITE, which is not"),
        ({"offsite": {"connectionString": "BROKEN"}}, "names BROKEN, which is no connection"),
        ({"off/site": {"blobServiceUri": "https://a.example"}}, "is no alias"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_an_account_that_cannot_be_used(accounts: object, says: str) -> None:
    text = accounts if isinstance(accounts, str) else json.dumps(accounts)
    (line,) = wrong(STORAGE_ACCOUNTS=text, BROKEN="AccountName=contoso")
    assert line.startswith("STORAGE_ACCOUNTS: ")
    assert says in line


def test_an_alias_twice_is_not_silently_the_last_one() -> None:
    entry = '"offsite": {"blobServiceUri": "https://a.example"}'
    (line,) = wrong(STORAGE_ACCOUNTS=f"{{{entry}, {entry}}}")
    assert line == "STORAGE_ACCOUNTS: 'offsite' is in it twice"


@pytest.mark.parametrize("waits", ["", "10", "10,60,300,900"])
def test_waits_between_attempts(waits: str) -> None:
    assert read(RETRY_SECONDS=waits).retry_seconds[0] == 10


@pytest.mark.parametrize("waits", ["0", "-1", "10,", "1.5", "86401", ",".join(["1"] * 11)])
def test_waits_that_are_none(waits: str) -> None:
    assert names(wrong(RETRY_SECONDS=waits)) == ["RETRY_SECONDS"]


@pytest.mark.parametrize(
    "schedule",
    [
        *DEFAULT_TIMERS.values(),
        "*/30 * * * * *",
        "0 0 2-4 * * Mon-Fri",
        "0 30 9 1,15 Jan,JUL *",
        "0 0 0 31 12 0,6",
        "0 5-59/10 * * * *",
        "0 0 0 * January,febr-MARCH/2 Monday",
        "0 7/20,3 */100 * * *",
        " 00  07 * * * * ",
        "0 0 0 29 2 *",
        "0 0 0 30,29 feb *",
    ],
)
def test_a_schedule(schedule: str) -> None:
    assert schedule_problem(schedule) is None


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ("* * * * *", "has 5 fields"),
        ("hourly", "has 1 field"),
        ("60 * * * * *", "'60' is no second"),
        ("0 0 24 * * *", "'24' is no hour"),
        ("0 0 0 0 * *", "'0' is no day"),
        ("0 0 0 * Foo *", "'Foo' is no month"),
        ("0 0 0 * * 7", "'7' is no day of the week"),
        ("0 */0 * * * *", "'*/0' is no minute"),
        ("0 30-10 * * * *", "'30-10' is no minute"),
        ("0 1,,2 * * * *", "'1,,2' is no minute"),
        ("0 ٣ * * * *", "'٣' is no minute"),
        ("0 0 0 * janfoo *", "'janfoo' is no month"),
        ("0 0 0 * jan-decfoo *", "'jan-decfoo' is no month"),
        ("0 0 0 * Ju *", "'Ju' is no month"),
        ("0 0 0 * * Mon-Foo", "'Mon-Foo' is no day of the week"),
        ("0 0 0 * mon *", "'mon' is no month"),
        ("0 jan * * * *", "'jan' is no minute"),
        ("0 0 0 L * *", "'L' is no day"),
        ("0 0 0 LW * *", "'LW' is no day"),
        ("0 0 0 15W * *", "'15W' is no day"),
        ("0 0 0 ? * *", "'?' is no day"),
        ("0 0 0 * * ?", "'?' is no day of the week"),
        ("0 0 0 * * 5#2", "'5#2' is no day of the week"),
        ("0 0 0 * * 5L", "'5L' is no day of the week"),
        ("0 0 0 * * L5", "'L5' is no day of the week"),
        ("R * * * * *", "'R' is no second"),
        ("H H * * * *", "'H' is no second"),
        ("0 H/5 * * * *", "'H/5' is no minute"),
        ("@hourly", "has 1 field"),
        ("@hourly * * * * *", "'@hourly' is no second"),
        ("0 0 0 * * 0-7", "'0-7' is no day of the week"),
        ("0 */5/5 * * * *", "'*/5/5' is no minute"),
        ("0 1-2-3 * * * *", "'1-2-3' is no minute"),
        ("0 *-5 * * * *", "'*-5' is no minute"),
        ("0 -5 * * * *", "'-5' is no minute"),
        ("0 5- * * * *", "'5-' is no minute"),
        ("0 /5 * * * *", "'/5' is no minute"),
        ("0 5/ * * * *", "'5/' is no minute"),
        ("0 5/x * * * *", "'5/x' is no minute"),
        ("0 1.5 * * * *", "'1.5' is no minute"),
        ("0 4294967296 * * * *", "'4294967296' is no minute"),
        ("0\t7 * * * * *", "'0\\t7' is no second"),
        ("0 7 * * *\n*", "has 5 fields"),
        ("0 0 0 * * * 2027", "has 7 fields"),
        ("0 0 0 30 2 *", "names a day that none of its months has"),
        ("0 0 0 31 4,Jun,9-9,11 *", "names a day that none of its months has"),
        ("01:00:00", "has 1 field"),
        ("", "has 0 fields"),
    ],
)
def test_a_schedule_that_the_host_would_refuse(schedule: str, problem: str) -> None:
    assert schedule_problem(schedule) == problem


_FIELDS = {
    "second": ("0", "59", "00"),
    "minute": ("0", "59", "30"),
    "hour": ("0", "23", "7"),
    "day": ("1", "28", "05"),
    "month": ("1", "12", "Jan", "sept", "DECEMBER"),
    "weekday": ("0", "6", "sun", "Tues", "Saturday"),
}


def _parts(values: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Whatever a field may be made of; a range begins with the least of its values."""
    value, step = st.sampled_from(values), st.sampled_from(("", "/1", "/07", "/120"))
    bounds = value.map(lambda last: f"{values[0]}-{last}")
    part = st.tuples(st.one_of(st.just("*"), value, bounds), step).map("".join)
    return st.lists(part, min_size=1, max_size=3).map(",".join)


SCHEDULES = st.tuples(*map(_parts, _FIELDS.values())).map(" ".join)


@given(SCHEDULES)
def test_whatever_the_grammar_makes_is_a_schedule_here_and_runs_locally(schedule: str) -> None:
    assert schedule_problem(schedule) is None
    at = datetime(2026, 11, 1, tzinfo=UTC)
    assert next_tick(expanded(schedule), at) > at


@given(SCHEDULES, st.sampled_from("LW#?@RH_+.;:%٣\t"), st.data())
def test_one_character_of_another_cron_makes_it_none(
    schedule: str, strange: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(schedule)))
    changed = schedule[:at] + strange + schedule[at:]
    assert schedule_problem(changed) is not None


def test_a_timer_that_is_wrong_is_told_with_its_default() -> None:
    (line,) = wrong(RECOVERY_TIMER="* * * * *")
    assert line.startswith("RECOVERY_TIMER: has 5 fields. It needs six")
    assert line.endswith(f"'{DEFAULT_TIMERS['RECOVERY_TIMER']}'")
