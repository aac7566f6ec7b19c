"""The folder that Lambdas are deployed from."""

import json
import os
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from scripts import build_lambda, deploy_stack

ROOT = Path(__file__).parents[2]
HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


@pytest.fixture(scope="module")
def folder() -> Path:
    return build_lambda.build("local")


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_runs_from_its_folder_alone_and_without_django(folder, name):
    """-I: no site of the user, no environment of Python's, no current folder."""
    program = f"""
import json, sys
sys.path.insert(0, {str(folder)!r})
from functions.{name} import handler
django = sorted(name for name in sys.modules if name.split(".")[0] in ("django", "celery"))
print(json.dumps({{"handle": callable(handler.handle), "django": django}}))
"""
    # Lambda's runtime brings boto3, as the sandbox's interpreter does.
    python = ROOT / ".venv-emulator" / "bin" / "python"

    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [python, "-I", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1"},
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"handle": True, "django": []}


def test_the_folder_holds_the_code_and_nothing_of_the_product_beside_it(folder):
    ours = {"ghadmin", "access", "core", "webhooks", "costs", "executions", "sandbox", "tests"}

    assert {path.name for path in folder.iterdir()} & (ours | {"ghkit", "functions"}) == {
        "ghkit",
        "functions",
    }


def test_an_unchanged_folder_is_not_built_again(folder):
    before = (folder / build_lambda.FINGERPRINT).stat()

    build_lambda.build("local")

    after = (folder / build_lambda.FINGERPRINT).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_same_content_gives_the_same_zip(tmp_path):
    zips = []
    for name in ("one", "two"):
        folder = tmp_path / name
        (folder / "package").mkdir(parents=True)
        (folder / "package" / "code.py").write_text("x = 1\n")
        (folder / "a.py").write_text("y = 2\n")
        os.utime(folder / "a.py", (len(zips), len(zips)))
        zips.append(deploy_stack._zip(folder))

    assert zips[0] == zips[1]
    assert zipfile.ZipFile(BytesIO(zips[0])).namelist() == ["a.py", "package/code.py"]


def test_aws_gets_packages_for_the_python_and_processor_of_the_template():
    parameters = deploy_stack.read_template()["Parameters"]

    assert parameters["Runtime"]["Default"] == f"python{build_lambda.AWS_PYTHON}"
    assert parameters["Architecture"]["Default"] == "arm64"
    assert "manylinux2014_aarch64" in build_lambda.PIP_FOR_AWS


def test_a_stack_in_the_sandbox_runs_on_the_interpreter_that_it_was_built_for():
    parameters = deploy_stack._sandbox_parameters("http://127.0.0.1:1")

    assert parameters["Runtime"] == f"python3.{sys.version_info.minor}"
    assert parameters["SandboxAwsEndpointUrl"] == "http://127.0.0.1:1"
