"""What becomes of a run of the whole suite in which tests fail."""

import pytest

from scripts.run_tests import MOST_TRIED_AGAIN, run_pass

PASSES = "def test_good():\n    pass\n"
FAILS = "def test_bad_{}():\n    assert False\n"
# Passes whenever it is run a second time.
FLAKES = (
    "from pathlib import Path\n\n\ndef test_flaky():\n    been = Path(__file__ + '-been')\n"
    "    was_here = been.exists()\n    been.touch()\n    assert was_here\n"
)

# They take longer to load than these tests to run.
NO_PLUGINS = [
    argument
    for name in ("django", "playwright", "hypothesispytest", "faker", "pytest_cov", "randomly")
    for argument in ("-p", f"no:{name}")
]


@pytest.fixture
def run(tmp_path, capfd):
    def run_tests(source):
        (tmp_path / "pytest.ini").write_text("[pytest]\n")
        (tmp_path / "test_all.py").write_text(source)
        code = run_pass("not slow", NO_PLUGINS, env={}, root=tmp_path)
        return code, capfd.readouterr().out

    return run_tests


def test_a_test_that_passes_alone_is_named_and_refuses_nothing(run):
    code, printed = run(PASSES + FLAKES)

    assert code == 0
    assert "FLAKY: failed beside others, passed alone: test_all::test_flaky\n" in printed


def test_a_test_that_fails_again_refuses_the_run(run):
    code, printed = run(PASSES + FLAKES + FAILS.format(1))

    assert code == 1
    assert "FLAKY" not in printed
    assert " 1 failed, 1 passed " in printed.splitlines()[-1]


def test_many_failures_are_not_tried_again(run):
    code, printed = run(PASSES + "".join(map(FAILS.format, range(MOST_TRIED_AGAIN + 1))))

    assert code == 1
    assert printed.count("test session starts") == 1
