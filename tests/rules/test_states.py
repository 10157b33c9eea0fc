"""The state chart: every state, every operation."""

import pytest

from shared.model.problem import Code, Problem
from shared.model.service import State
from shared.rules.states import (
    ALLOWED,
    TRANSITIONS,
    ServiceOperation,
    allowed_operations,
    require_active,
    require_allowed,
    require_manageable,
)

CHART = """
Active                | stop restart suspend disable delete scale updateConfiguration backup
Disabled              | delete enable
Suspended             | suspend resume disable delete updateConfiguration backup
Stopped               | start restart disable delete backup
ServiceUpdateFailed   | delete
DisableFailed         | delete disable
EnableFailed          | delete enable
StartFailed           | start stop restart delete updateConfiguration
StopFailed            | start stop restart delete updateConfiguration
RestartFailed         | start stop restart delete updateConfiguration
SuspendFailed         | suspend resume delete
ResumeFailed          | suspend resume delete
CreateFailed          | delete
RestoreFailed         | delete
ConfigUpdateFailed    | restart delete updateConfiguration
ScaleFailed           | delete scale
Creating              |
Restoring             |
Updating              |
Deleting              |
"""
"""Written down once more, by hand, from the domain's table."""

EXPECTED = {
    State(line.split("|")[0].strip()): set(line.split("|")[1].split())
    for line in CHART.strip().splitlines()
}


def test_the_chart_names_every_state_once() -> None:
    assert set(EXPECTED) == set(State) == set(ALLOWED)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("operation", ServiceOperation)
def test_each_operation_in_each_state(state: State, operation: ServiceOperation) -> None:
    if operation in EXPECTED[state]:
        require_allowed("Contoso", state, operation)
        return
    with pytest.raises(Problem) as refused:
        require_allowed("Contoso", state, operation)
    assert refused.value.code is Code.OPERATION_NOT_ALLOWED
    assert state in refused.value.message
    for allowed in EXPECTED[state]:
        assert allowed in refused.value.message


@pytest.mark.parametrize("state", State)
def test_an_answer_lists_what_is_allowed(state: State) -> None:
    assert allowed_operations(state) == sorted(EXPECTED[state])


@pytest.mark.parametrize("state", State)
def test_numbers_are_issued_while_active_alone(state: State) -> None:
    if state is State.ACTIVE:
        require_active("Contoso", state)
        return
    with pytest.raises(Problem) as refused:
        require_active("Contoso", state)
    assert refused.value.code is Code.SERVICE_NOT_ACTIVE
    assert ("Resume" in refused.value.message) == ("resume" in EXPECTED[state])


@pytest.mark.parametrize("state", State)
def test_artifacts_change_in_three_states(state: State) -> None:
    if state in (State.ACTIVE, State.SUSPENDED, State.STOPPED):
        require_manageable("Contoso", state)
        return
    with pytest.raises(Problem) as refused:
        require_manageable("Contoso", state)
    assert refused.value.code is Code.OPERATION_NOT_ALLOWED


def test_no_transition_leads_to_a_state_that_forbids_everything() -> None:
    for _name, target in TRANSITIONS.values():
        assert ALLOWED[target]


def test_enable_brings_a_service_back_suspended() -> None:
    assert TRANSITIONS[ServiceOperation.ENABLE][1] is State.SUSPENDED
