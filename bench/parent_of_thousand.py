"""A thousand people onboarded in the sandbox, and what of that is the emulator alone.

The same machines run once more with functions that only pass on what the real ones had answered.
`python -m bench.parent_of_thousand 1000`.
"""

import io
import json
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bench.machines.running import ROLE
from bench.processes import watched
from bench.worlds import Clients, deployed

_ORGANIZATION = {"login": "bench-org", "id": None}
_TEAMS = ("everyone", "engineering")

# Answers as the real function did for somebody, with that somebody's name and number changed.
_PASSES_ON = """
import json

ANSWER = {answer!r}

def handler(event, context):
    text = ANSWER
    member = event.get("member") or event.get("event", {{}}).get("member")
    if member:
        text = text.replace({login!r}, member["login"]).replace({number!r}, str(member["id"]))
    return json.loads(text)
"""


@dataclass(frozen=True)
class _Bench:
    client: Clients
    control: httpx.Client
    outputs: dict[str, str]
    count: int

    def people(self, first: int) -> list[dict[str, Any]]:
        """Make so many people whom GitHub and the company know, and the organisation does not."""
        users = []
        for row in range(1, self.count + 1):
            number = first + row
            login = f"person-{number}"
            company = {"email": f"{login}@example.com", "name": login, "department": "Engineering"}
            person = {"login": login, "id": number, "org_member": False, "company": company}
            answer = self.control.put("/people", json=person | {"org": _ORGANIZATION["login"]})
            answer.raise_for_status()
            users.append({"row": row, "id": number, "login": login})
        return users

    def run(self, machine: str, users: list[dict[str, Any]]) -> tuple[float, dict[str, Any]]:
        """Seconds until a batch has ended, and its description."""
        given = {
            "batch": str(uuid4()),
            "organization": _ORGANIZATION,
            "installation_id": None,
            "requested_by": "bench",
            "users": users,
        }
        began = time.perf_counter()
        sfn = self.client("stepfunctions")
        started = sfn.start_execution(stateMachineArn=machine, input=json.dumps(given))
        while True:
            found = dict(sfn.describe_execution(executionArn=started["executionArn"]))
            if found["status"] != "RUNNING":
                return time.perf_counter() - began, found
            time.sleep(0.1)

    def events(self, arn: str) -> list[dict[str, Any]]:
        paginator = self.client("stepfunctions").get_paginator("get_execution_history")
        return [event for page in paginator.paginate(executionArn=arn) for event in page["events"]]

    def passing_on(self, child: dict[str, Any]) -> str:
        """Both machines once more, with functions that answer as the real ones did in `child`."""
        sfn = self.client("stepfunctions")
        member = json.loads(child["input"])["member"]
        definition = self._definition("OnboardMember")
        for function, answer in self._answers(child["executionArn"]).items():
            source = _PASSES_ON.format(
                answer=json.dumps(answer), login=member["login"], number=str(member["id"])
            )
            definition = definition.replace(function, self._function(source))
        inner = sfn.create_state_machine(name="passing-on", definition=definition, roleArn=ROLE)
        outer = self._definition("OnboardMembers").replace(
            self.outputs["OnboardMemberStateMachineArn"], inner["stateMachineArn"]
        )
        made = sfn.create_state_machine(name="passing-all-on", definition=outer, roleArn=ROLE)
        return str(made["stateMachineArn"])

    def children(self) -> list[dict[str, Any]]:
        sfn = self.client("stepfunctions")
        machine = self.outputs["OnboardMemberStateMachineArn"]
        pages = sfn.get_paginator("list_executions").paginate(stateMachineArn=machine)
        return [dict(child) for page in pages for child in page["executions"]]

    def described(self, arn: str) -> dict[str, Any]:
        return dict(self.client("stepfunctions").describe_execution(executionArn=arn))

    def stored(self) -> int:
        table = self.outputs["MembersTable"]
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=table)
        return sum(page["Count"] for page in pages)

    def _definition(self, name: str) -> str:
        machine = self.outputs[f"{name}StateMachineArn"]
        found = self.client("stepfunctions").describe_state_machine(stateMachineArn=machine)
        return str(found["definition"])

    def _answers(self, arn: str) -> dict[str, Any]:
        """What each function answered in one execution, by its ARN."""
        answers = {}
        function = None
        for event in self.events(arn):
            if event["type"] == "TaskScheduled":
                parameters = json.loads(event["taskScheduledEventDetails"]["parameters"])
                function = parameters.get("FunctionName")
            elif event["type"] == "TaskSucceeded" and function:
                output = json.loads(event["taskSucceededEventDetails"]["output"])
                answers[function] = output["Payload"]
        return answers

    def _function(self, source: str) -> str:
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("index.py", source)
        made = self.client("lambda").create_function(
            FunctionName=f"passes-on-{uuid4().hex}",
            Runtime="python3.11",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": code.getvalue()},
            Timeout=30,
        )
        return str(made["FunctionArn"])


def figures(*, count: int = 1000) -> Iterator[dict[str, object]]:
    """Yield the figures; `count` people in one batch."""
    with (
        tempfile.TemporaryDirectory() as folder,
        deployed(Path(folder)) as world,
        httpx.Client(base_url=world.layout.control_url, timeout=60) as control,
    ):
        bench = _Bench(world.client, control, world.outputs, count)
        for slug in _TEAMS:
            team = {"slug": slug, "org": _ORGANIZATION["login"]}
            control.put("/teams", json=team).raise_for_status()
        rules = {"default": [_TEAMS[0]], "departments": {"Engineering": [_TEAMS[1]]}}
        control.put("/rules", json=rules).raise_for_status()
        yield from _measure(bench, world.aws_pid)


def _measure(bench: _Bench, aws_pid: int) -> Iterator[dict[str, object]]:
    first = 10_000_000
    over = threading.Event()
    peaks: list[dict[str, float]] = []
    watch = threading.Thread(target=lambda: peaks.append(watched(aws_pid, over)))
    users = bench.people(first)
    watch.start()
    real_s, real = bench.run(bench.outputs["OnboardMembersStateMachineArn"], users)
    over.set()
    watch.join()
    output = json.loads(real.get("output", "{}"))
    children = bench.children()
    passing = bench.passing_on(bench.described(children[0]["executionArn"]))
    passed_s, passed = bench.run(passing, bench.people(first * 2))
    done = json.loads(passed.get("output", "{}")).get("succeeded")
    for figure, value, unit in (
        (f"onboard {bench.count} people", round(real_s, 1), "s"),
        ("the same with functions that pass on", round(passed_s, 1), "s"),
        ("ratio", round(real_s / passed_s, 2), "x"),
        ("people onboarded, and passed on", f"{output.get('succeeded')}, {done}", "people"),
        ("children by status", dict(Counter(child["status"] for child in children)), ""),
        ("rows in the table of members", bench.stored(), "rows"),
        ("peak memory of AWS and its Lambdas", round(peaks[0]["megabytes"]), "MB"),
        ("most processes at once", round(peaks[0]["processes"]), "processes"),
        ("events of the parent", len(bench.events(real["executionArn"])), "events"),
        ("input of the parent", len(real["input"].encode()), "bytes"),
        ("output of the parent", len(real.get("output", "").encode()), "bytes"),
    ):
        yield {"figure": figure, "value": value, "unit": unit}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for figure in figures(count=count):
        sys.stdout.write(json.dumps(figure) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
