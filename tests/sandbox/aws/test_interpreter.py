"""How states run: side by side, retried, timed, limited."""

import time
from typing import Any

import pytest

from tests.sandbox.aws.emulators import Emulator, output, task

END = {"Type": "Pass", "End": True}
RAISES = "class Busy(Exception):\n    pass\n\n\ndef handler(event, context):\n    raise Busy\n"
MARKS_ITS_TIME = (
    "import time\n\n\ndef handler(event, context):\n"
    "    began = time.time()\n    time.sleep(0.2)\n    return [began, time.time()]\n"
)


def machine(**states: dict[str, Any]) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def wait(seconds: int) -> dict[str, Any]:
    return machine(Sit={"Type": "Wait", "Seconds": seconds, "End": True})


def test_first_failing_branch_ends_a_parallel_at_once(emulator: Emulator) -> None:
    failing = machine(No={"Type": "Fail", "Error": "No"})
    parallel = {"Type": "Parallel", "Branches": [wait(6_000), failing], "End": True}

    described = emulator.run(machine(Both=parallel))

    assert described["error"] == "No"
    # The other branch would wait for ten minutes, longer than `run` does.
    assert emulator.types(described["executionArn"])[-4:] == [
        "FailStateEntered",
        "WaitStateAborted",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]


def test_branches_and_iterations_keep_their_order_and_their_own_context(
    emulator: Emulator,
) -> None:
    selector = {"index.$": "$$.Map.Item.Index", "value.$": "$$.Map.Item.Value", "k.$": "$.k"}
    named = machine(Name={**END, "Parameters": {"state.$": "$$.State.Name", "given.$": "$"}})
    state = {
        "Type": "Map",
        "ItemsPath": "$.items",
        "ItemSelector": selector,
        "ItemProcessor": named,
        "ResultPath": "$.results",
        "End": True,
    }

    found = output(emulator.run(machine(Items=state), {"items": ["a", "b", "c"], "k": 7}))

    assert found["results"] == [
        {"state": "Name", "given": {"index": index, "value": value, "k": 7}}
        for index, value in enumerate("abc")
    ]


@pytest.mark.parametrize("wanted", [2, 1])
def test_map_runs_no_more_iterations_at_once_than_it_may(wanted: int, emulator: Emulator) -> None:
    function = emulator.function(MARKS_ITS_TIME)
    state = {
        "Type": "Map",
        "MaxConcurrency": wanted,
        "ItemProcessor": machine(Mark={"Type": "Task", "Resource": function, "End": True}),
        "End": True,
    }

    spans = output(emulator.run(machine(Items=state), [1, 2, 3, 4]))

    together = [sum(began <= at < ended for began, ended in spans) for at, _ in spans]
    assert max(together) == wanted


def test_map_over_something_else_than_a_list_fails(emulator: Emulator) -> None:
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": machine(A=END), "End": True}

    described = emulator.run(machine(Items=state), {"items": {}})

    assert described["error"] == "States.Runtime"
    assert described["cause"].endswith("Map state input must be an array but was: {}")


def test_failure_of_a_distributed_map_is_caught(emulator: Emulator) -> None:
    failing = machine(No={"Type": "Fail", "Error": "No"})
    failing["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    catch = [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "Next": "Caught"}]
    state = {"Type": "Map", "ItemProcessor": failing, "Catch": catch, "End": True}

    described = emulator.run(machine(Items=state, Caught=END), [1])

    assert described["status"] == "SUCCEEDED"


def test_wait_until_a_timestamp_in_the_input_waits_that_long(emulator: Emulator) -> None:
    until = time.time() + 20
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
    state = {"Type": "Wait", "TimestampPath": "$.retry_at", "End": True}

    described = emulator.run(machine(Sit=state), {"retry_at": stamp})

    seconds = (described["stopDate"] - described["startDate"]).total_seconds()
    # The emulator's waits take a tenth; the stamp has whole seconds.
    wanted = until - described["startDate"].timestamp()
    assert (wanted - 1) / 10 <= seconds < wanted


def test_state_machine_that_takes_too_long_times_out(emulator: Emulator) -> None:
    described = emulator.run({**wait(18), "TimeoutSeconds": 1})

    assert (described["status"], described["error"]) == ("TIMED_OUT", "States.Timeout")
    assert emulator.types(described["executionArn"])[-1] == "ExecutionTimedOut"


def test_delay_between_retries_stays_below_the_maximum(emulator: Emulator) -> None:
    retry = {
        "ErrorEquals": ["Busy"],
        "IntervalSeconds": 600,
        "BackoffRate": 1,
        "MaxAttempts": 2,
        "MaxDelaySeconds": 2,
    }
    definition = task(emulator.function(RAISES), Retry=[retry])

    described = emulator.run(definition)

    events = emulator.history(described["executionArn"])
    scheduled = [e["timestamp"] for e in events if e["type"] == "LambdaFunctionScheduled"]
    failed = [e["timestamp"] for e in events if e["type"] == "LambdaFunctionFailed"]
    delays = [(a - b).total_seconds() for a, b in zip(scheduled[1:], failed, strict=False)]
    assert len(delays) == 2
    # A tenth of 2 s; without the maximum they would be a tenth of ten minutes.
    assert all(0.19 <= delay < 60 for delay in delays)


def test_full_jitter_spreads_retries(emulator: Emulator) -> None:
    retry = {
        "ErrorEquals": ["Busy"],
        "IntervalSeconds": 10,
        "MaxAttempts": 1,
        "JitterStrategy": "FULL",
    }
    definition = task(emulator.function(RAISES), Retry=[retry])
    arns = [emulator.start_execution(definition) for _ in range(6)]

    def delay(arn: str) -> float:
        emulator.ended(arn)
        by_type: dict[str, list[float]] = {}
        for event in emulator.history(arn):
            by_type.setdefault(event["type"], []).append(event["timestamp"].timestamp())
        return by_type["LambdaFunctionScheduled"][1] - by_type["LambdaFunctionFailed"][0]

    delays = [delay(arn) for arn in arns]

    # Drawn from 0 to 1 s each: all six in its last third is once in a thousand runs.
    assert min(delays) < 0.7
    assert max(delays) - min(delays) > 0.05


@pytest.mark.parametrize("error", ["States.ALL", "States.TaskFailed"])
def test_wildcards_do_not_match_a_result_that_is_too_large(error: str, emulator: Emulator) -> None:
    large = "def handler(event, context):\n    return 'x' * 300_000\n"
    definition = task(
        emulator.function(large),
        Retry=[{"ErrorEquals": [error], "MaxAttempts": 1}],
        Catch=[{"ErrorEquals": [error], "Next": "Caught"}],
    )
    definition["States"]["Caught"] = END

    described = emulator.run(definition)

    assert (described["status"], described["error"]) == ("FAILED", "States.DataLimitExceeded")


@pytest.mark.parametrize(
    ("size", "status"), [(256 * 1024, "SUCCEEDED"), (256 * 1024 + 1, "FAILED")]
)
def test_output_of_a_state_is_at_most_256_kib(size: int, status: str, emulator: Emulator) -> None:
    # An input may not be larger either, so the state makes it longer, by 20; two are the quotes.
    longer = {"Parameters": {"text.$": f"States.Format('{{}}{'y' * 20}', $)"}}
    state = {"Type": "Pass", **longer, "OutputPath": "$.text", "End": True}

    described = emulator.run(machine(Grow=state), "x" * (size - 22))

    assert described["status"] == status


def test_two_byte_characters_count_as_two(emulator: Emulator) -> None:
    state = {"Type": "Pass", "Result": {"text": "é" * 140_000}, "End": True}

    described = emulator.run(machine(Large=state))

    assert described["error"] == "States.DataLimitExceeded"
    assert "'Large' returned a result with a size exceeding" in described["cause"]


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "Parameters": {"a.$": "$.nope.x"}, "End": True},
        {"Type": "Pass", "Parameters": {"a.$": "$$.Execution.Nope"}, "End": True},
        {"Type": "Pass", "OutputPath": "$.nope", "End": True},
        {"Type": "Pass", "Parameters": {"a.$": "$.list[?(@.x)]"}, "End": True},
        {
            "Type": "Choice",
            "Choices": [{"Variable": "$.nope", "NumericEquals": 1, "Next": "A"}],
            "Default": "A",
        },
    ],
)
def test_path_that_leads_nowhere_fails_the_execution(
    state: dict[str, Any], emulator: Emulator
) -> None:
    states = {"Look": state} | ({"A": END} if state["Type"] == "Choice" else {})

    described = emulator.run(machine(**states), {"list": [{"x": 1}]})

    assert (described["status"], described["error"]) == ("FAILED", "States.Runtime")
    assert "entered at the event id #2" in described["cause"]


@pytest.mark.parametrize(
    ("given", "found"), [({"v": None}, "here"), ({"v": 1}, "here"), ({}, "nowhere")]
)
def test_choice_tells_null_from_nothing(
    given: dict[str, Any], found: str, emulator: Emulator
) -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.v", "IsPresent": True, "Next": "here"}],
        "Default": "nowhere",
    }
    results = {name: {"Type": "Pass", "Result": name, "End": True} for name in ("here", "nowhere")}

    assert output(emulator.run(machine(Look=choice, **results), given)) == found
