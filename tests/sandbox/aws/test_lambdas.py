"""Lambdas fail under AWS's names, start quickly, and end with the emulator."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.aws.emulators import LAMBDA_INVOKE, Emulator, output, task
from tests.waiting import eventually

RAISES_NESTED = """
class Outer:
    class Transient(Exception):
        pass

def handler(event, context):
    raise Outer.Transient("try later")
"""


def failure(emulator: Emulator, source: str, **config: Any) -> dict[str, Any]:
    """What DescribeExecution says of an execution that calls the function."""
    function = emulator.function(source, **config)
    described = emulator.run(task(LAMBDA_INVOKE, {"FunctionName": function, "Payload": {}}))
    assert described["status"] == "FAILED", described
    return described


def test_exception_is_named_by_its_class_alone(emulator: Emulator) -> None:
    described = failure(emulator, RAISES_NESTED)

    assert described["error"] == "Transient"
    cause = json.loads(described["cause"])
    assert cause.pop("requestId")
    assert cause == {
        "errorMessage": "try later",
        "errorType": "Transient",
        "stackTrace": [
            '  File "/var/task/index.py", line 7, in handler\n    raise Outer.Transient("try later")\n'
        ],
    }


def test_exception_is_caught_by_its_name(emulator: Emulator) -> None:
    definition = task(
        emulator.function(RAISES_NESTED),
        Catch=[{"ErrorEquals": ["Transient"], "ResultPath": "$.error", "Next": "Caught"}],
    )
    definition["States"]["Caught"] = {"Type": "Pass", "End": True}

    found = output(emulator.run(definition, {"kept": 1}))

    assert (found["kept"], found["error"]["Error"]) == (1, "Transient")


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (
            "import nope\n",
            "Runtime.ImportModuleError",
            "Unable to import module 'index': No module named 'nope'",
        ),
        (
            "def other(event, context):\n    pass\n",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'index'",
        ),
        (
            "def handler(event, context):\n    return {1, 2}\n",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
    ],
)
def test_function_that_does_not_work_has_the_runtimes_error(
    source: str, error: str, message: str, emulator: Emulator
) -> None:
    described = failure(emulator, source)

    assert described["error"] == error
    assert json.loads(described["cause"])["errorMessage"] == message


def test_syntax_error_has_the_runtimes_error(emulator: Emulator) -> None:
    assert failure(emulator, "def handler(:\n")["error"] == "Runtime.UserCodeSyntaxError"


def test_function_that_takes_too_long_is_called_timed_out(emulator: Emulator) -> None:
    sleeps = "import time\n\n\ndef handler(event, context):\n    time.sleep(5)\n"

    described = failure(emulator, sleeps, Timeout=1)

    assert described["error"] == "Sandbox.Timedout"
    message = json.loads(described["cause"])["errorMessage"]
    assert message.endswith("Error: Task timed out after 1.00 seconds")


def test_function_whose_process_is_killed_is_called_exited(emulator: Emulator) -> None:
    dies = "import os\n\n\ndef handler(event, context):\n    os.kill(os.getpid(), 9)\n"

    assert failure(emulator, dies)["error"] == "Runtime.ExitError"


def test_throttled_function_is_called_so(emulator: Emulator) -> None:
    function = emulator.function("def handler(event, context):\n    pass\n")
    emulator.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )

    described = emulator.run(task(function))

    assert described["error"] == "Lambda.TooManyRequestsException"


def test_missing_function_is_not_found(emulator: Emulator) -> None:
    described = emulator.run(task(LAMBDA_INVOKE, {"FunctionName": "nope", "Payload": {}}))

    assert described["error"] == "Lambda.ResourceNotFoundException"


def test_exception_leaves_the_environment_warm(emulator: Emulator) -> None:
    counts = (
        "calls = []\n\n\ndef handler(event, context):\n    calls.append(event)\n"
        "    if event == 1:\n        raise ValueError\n    return len(calls)\n"
    )
    function = emulator.function(counts)
    emulator.run(task(function), 1)

    assert output(emulator.run(task(function), 2)) == 2


def test_invocation_answers_with_aws_metadata(emulator: Emulator) -> None:
    function = emulator.function("def handler(event, context):\n    return 'ok'\n")
    parameters = {"FunctionName": function, "Payload": {}}

    found = output(emulator.run(task(LAMBDA_INVOKE, parameters)))

    assert found["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert found["SdkResponseMetadata"]["RequestId"]
    found.pop("SdkHttpMetadata")
    found.pop("SdkResponseMetadata")
    assert found == {"ExecutedVersion": "$LATEST", "Payload": "ok", "StatusCode": 200}


def test_warm_invocation_does_not_sit_idle(emulator: Emulator) -> None:
    function = emulator.function("def handler(event, context):\n    return 'ok'\n")

    def seconds() -> float:
        began = time.perf_counter()
        emulator.client("lambda").invoke(FunctionName=function, Payload=b"{}")
        return time.perf_counter() - began

    # ministack's wait alone is 0.05 s, each time.
    assert any(seconds() < 0.05 for _ in range(100))


def test_process_imports_only_what_the_function_does(emulator: Emulator) -> None:
    looks = "import sys\n\n\ndef handler(event, context):\n    return 'botocore' in sys.modules\n"

    assert output(emulator.run(task(emulator.function(looks)))) is False


def test_crowd_of_invocations_waits_for_its_turn(
    start_emulator: Callable[..., Emulator], tmp_path: Path
) -> None:
    emulator = start_emulator(SANDBOX_AWS_LAMBDAS_AT_ONCE=2)
    # Each stays until a third is there, or until it has waited long enough for one to start.
    meets = (
        "import os, time\n\n\ndef handler(event, context):\n"
        "    mine = os.path.join(event, context.aws_request_id)\n"
        "    open(mine, 'w').close()\n"
        "    until = time.time() + 2\n"
        "    while (met := len(os.listdir(event))) < 3 and time.time() < until:\n"
        "        time.sleep(0.02)\n"
        "    if met < 3:\n        os.remove(mine)\n"
        "    return met\n"
    )
    state = {"Type": "Map", "ItemProcessor": task(emulator.function(meets)), "End": True}
    visitors = [str(tmp_path)] * 3

    met = output(emulator.run({"StartAt": "All", "States": {"All": state}}, visitors))

    assert max(met) <= 2


def test_function_whose_invocations_wait_gets_one_process_more(emulator: Emulator) -> None:
    stays = (
        "import os, time\n\n\ndef handler(event, context):\n"
        "    time.sleep(3)\n    return os.getpid()\n"
    )
    state = {"Type": "Map", "ItemProcessor": task(emulator.function(stays)), "End": True}
    busy = max(2, os.cpu_count() or 2)

    told = output(emulator.run({"StartAt": "All", "States": {"All": state}}, [0] * (busy + 1)))

    assert len(set(told)) == busy + 1


def test_crowd_of_short_invocations_is_served_by_few_processes(emulator: Emulator) -> None:
    tells = (
        "import os, time\n\n\ndef handler(event, context):\n"
        "    time.sleep(0.02)\n    return os.getpid()\n"
    )
    state = {"Type": "Map", "ItemProcessor": task(emulator.function(tells)), "End": True}

    told = output(emulator.run({"StartAt": "All", "States": {"All": state}}, [0] * 40))

    # One more where a cold start takes longer than its patience.
    assert len(set(told)) <= 2 * max(2, os.cpu_count() or 2)


def test_processes_of_one_function_share_its_unpacked_code(emulator: Emulator) -> None:
    tells = (
        "import os, time\n\n\ndef handler(event, context):\n"
        "    time.sleep(0.3)\n    return [os.getpid(), os.stat(__file__).st_ino]\n"
    )
    state = {"Type": "Map", "ItemProcessor": task(emulator.function(tells)), "End": True}

    told = output(emulator.run({"StartAt": "All", "States": {"All": state}}, list(range(4))))

    processes, files = ({each[which] for each in told} for which in (0, 1))
    assert len(processes) > 1
    assert len(files) == 1


def test_busy_function_dies_with_a_killed_emulator(
    start_emulator: Callable[..., Emulator], tmp_path: Path
) -> None:
    busy = (
        "import os, pathlib, time\n\n\ndef handler(event, context):\n"
        "    pathlib.Path(event).write_text(str(os.getpid()))\n"
        "    time.sleep(600)\n"
    )
    emulator = start_emulator()
    pid_file = tmp_path / "pid"
    emulator.start_execution(task(emulator.function(busy)), str(pid_file))
    pid = int(eventually(lambda: pid_file.exists() and pid_file.read_text()))

    emulator.kill()

    eventually(lambda: not is_alive(pid))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that nobody waits for stays as a zombie.
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"


def test_function_does_not_see_the_environment_of_the_emulator(emulator: Emulator) -> None:
    looks = "import os\n\n\ndef handler(event, context):\n    return dict(os.environ)\n"
    function = emulator.function(looks, Environment={"Variables": {"MINE": "yes"}})

    environ = output(emulator.run(task(function)))

    assert environ["MINE"] == "yes"
    assert environ["AWS_ENDPOINT_URL"] == emulator.url
    assert emulator.environ["GITHUB_WEBHOOK_SECRET"] == "secret"
    assert not {"GITHUB_WEBHOOK_SECRET", "DATABASE_URL", "PYTHONPATH"} & environ.keys()
