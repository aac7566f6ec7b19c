"""Every parity module is needed: with it off, a test that it makes pass fails."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.parity import GAPS
from sandbox.runner.layout import ROOT
from tests import waiting
from tests.sandbox.aws import (
    test_definitions,
    test_dynamodb,
    test_executions,
    test_interpreter,
    test_lambdas,
    test_nested_executions,
    test_recorded_histories,
    test_redrive,
    test_restarts,
    test_status_events,
)
from tests.sandbox.aws.emulators import Emulator

PROOFS: dict[str, Callable[..., None]] = {
    "lambda_errors": test_lambdas.test_exception_is_caught_by_its_name,
    "lambda_idle_wait": test_lambdas.test_warm_invocation_does_not_sit_idle,
    "lambda_cold_start": test_lambdas.test_process_imports_only_what_the_function_does,
    "lambda_unpacking": test_lambdas.test_processes_of_one_function_share_its_unpacked_code,
    "lambda_crowding": test_lambdas.test_crowd_of_invocations_waits_for_its_turn,
    "lambda_orphans": test_lambdas.test_busy_function_dies_with_a_killed_emulator,
    "service_races": test_dynamodb.test_native_updates_of_one_item_are_not_lost,
    "integration_errors": test_dynamodb.test_invalid_request_has_the_name_of_awss_exception,
    "integration_metadata": test_lambdas.test_invocation_answers_with_aws_metadata,
    "missing_paths": partial(
        test_interpreter.test_path_that_leads_nowhere_fails_the_execution,
        {"Type": "Pass", "Parameters": {"a.$": "$.nope.x"}, "End": True},
    ),
    "terminal_errors": partial(
        test_interpreter.test_wildcards_do_not_match_a_result_that_is_too_large, "States.ALL"
    ),
    "retry_delays": test_interpreter.test_delay_between_retries_stays_below_the_maximum,
    "status_events": test_status_events.test_event_says_what_aws_says_and_no_more,
    "interpreter": partial(
        test_recorded_histories.test_history_is_the_one_recorded_from_aws,
        "scenarios/test_base_scenarios::test_choice_aws_docs_scenario",
    ),
    "execution_crowding": test_executions.test_crowd_of_executions_waits_for_its_turn,
    "machine_timeout": test_interpreter.test_state_machine_that_takes_too_long_times_out,
    "data_limits": test_interpreter.test_two_byte_characters_count_as_two,
    "definition_lint": test_definitions.test_broken_definition_leaves_a_machine_as_it_was,
    "definition_snapshot": (
        test_executions.test_execution_remembers_the_definition_it_was_started_with
    ),
    "start_validation": test_executions.test_input_that_is_no_json_is_refused,
    "idempotent_start": (
        test_executions.test_same_name_and_input_answer_with_the_running_execution
    ),
    "redrive": test_redrive.test_redriven_fail_state_fails_again,
    "nested_executions": partial(
        test_nested_executions.test_name_that_is_taken_fails_the_task, ".sync:2"
    ),
    "restarts": test_restarts.test_running_execution_goes_on_after_a_clean_stop,
    "unbounded_growth": test_restarts.test_old_executions_are_forgotten_beyond_the_bound,
    "periodic_save": (test_restarts.test_killed_emulator_has_what_is_older_than_the_save_interval),
}


@pytest.fixture
def with_gap(
    request: pytest.FixtureRequest, start_emulator: Callable[..., Emulator], tmp_path: Any
) -> Callable[..., dict[str, Any]]:
    """Gives a test the arguments that it takes, with one parity module off."""

    def arguments(gap: str, proof: Callable[..., None]) -> dict[str, Any]:
        start = partial(start_emulator, SANDBOX_AWS_WITHOUT=gap)
        wanted = inspect.signature(proof).parameters
        offered: dict[str, Callable[[], Any]] = {
            "start_emulator": lambda: start,
            "emulator": start,
            "tmp_path": lambda: tmp_path,
        }
        return {name: offer() for name, offer in offered.items() if name in wanted}

    return arguments


def test_every_gap_has_a_proof() -> None:
    assert sorted(PROOFS) == sorted(GAPS)


def test_every_gap_is_documented() -> None:
    documented = (ROOT / "docs" / "sandbox-aws.md").read_text()

    assert [gap for gap in GAPS if f"`{gap}`" not in documented] == []


@pytest.mark.parametrize("gap", GAPS)
def test_module_is_needed(
    gap: str, with_gap: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the proof waits for does not come.
    monkeypatch.setattr(waiting, "PATIENCE_S", 5)
    proof = PROOFS[gap]
    arguments = with_gap(gap, proof)

    with pytest.raises((AssertionError, ClientError, LookupError, pytest.fail.Exception)):
        proof(**arguments)
