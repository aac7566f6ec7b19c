"""How many histories of random machines say what was run."""

import io
import tempfile
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.machines.running import FUNCTION, ROLE, Run, Stage
from bench.worlds import emulator

_AT_ONCE = 4


def figures(*, count: int = 40, first: int = 0) -> Iterator[dict[str, object]]:
    """Yield one line for each machine whose history differs, then the figures."""
    with tempfile.TemporaryDirectory() as folder, emulator(Path(folder)) as client:
        stage = Stage.set(client("stepfunctions"), _function(client("lambda")), Path(folder))
        began = time.perf_counter()
        events = different = 0

        def run(seed: int) -> tuple[int, Run, list[str]]:
            started = stage.start(seed)
            return seed, started, started.differences()

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for seed, started, found in pool.map(run, range(first, first + count)):
                events += len(started.events())
                if found:
                    different += 1
                    yield {"seed": seed, "different": found}
        seconds = time.perf_counter() - began
    yield {"figure": f"random machines from seed {first}", "value": count, "unit": "machines"}
    yield {"figure": "events of their histories", "value": events, "unit": "events"}
    yield {"figure": "histories that differ from what was run", "value": different, "unit": ""}
    yield {"figure": "run and compare them", "value": round(seconds, 1), "unit": "s"}


def _function(aws_lambda: Any) -> str:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", FUNCTION)
    made = aws_lambda.create_function(
        FunctionName="random-machines",
        Runtime="python3.11",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": code.getvalue()},
        Timeout=30,
    )
    return str(made["FunctionArn"])
