"""Random machines run in the sandbox; their folded histories say what was run.

`python -m bench.machines 500` does it at length.
"""

import json
from random import Random

import pytest

from bench.machines import build
from bench.machines.running import FUNCTION, Run, Stage
from sandbox.aws.definitions import lint
from tests.sandbox.aws.emulators import Emulator

# Together: Maps that are retried (0) and caught (5), iterations taken up again by a redrive (19),
# Parallels that are caught (29, 31), calls that are caught (57), a Fail state after redrives (64).
SEEDS = (0, 5, 19, 29, 31, 57, 64)


@pytest.fixture(scope="module")
def runs(shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Run]:
    """All of them at once, so that the waits of one are the work of another."""
    function = shared_emulator.function(FUNCTION)
    stage = Stage.set(shared_emulator.sfn, function, tmp_path_factory.mktemp("calls"))
    return {seed: stage.start(seed) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_folded_history_says_what_was_run(seed: int, runs: dict[int, Run]) -> None:
    assert runs[seed].differences() == []


def test_random_machines_are_definitions_that_aws_takes() -> None:
    machines = (build(Random(seed), function="arn:f", child="arn:c").machine for seed in range(50))

    assert [finding for machine in machines for finding in lint(json.dumps(machine))] == []
