"""The whole of ghadmin and its outside world as processes: started, supervised, stopped."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self

from sandbox.runner import outside
from sandbox.runner.layout import REGION, ROOT, STACK, Layout, program
from sandbox.runner.processes import Process, Supervisor, run_once
from scripts import build_lambda

if TYPE_CHECKING:
    import os

ADMIN = "admin"


class World:
    """Everything that runs; use it as a context manager."""

    def __init__(self, layout: Layout, *, say: Callable[[str], None] = lambda _text: None) -> None:
        self.layout = layout
        self.outputs: dict[str, str] = {}
        self._say = say
        self._supervisor = Supervisor(ROOT)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._supervisor.close()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._supervisor.close()

    def kill(self, name: str) -> None:
        """Kill -9 the process `web`, `worker`, `mirror`, `aws` or `services`; it comes back."""
        self._supervisor.kill(name)

    def start_another(self, name: str) -> str:
        """Run one more `worker` or `mirror`: as many as there are share the work.

        Returns:
            Its name.
        """
        first = self._supervisor[name]
        number = 2
        while (another := f"{name}-{number}") in self._supervisor:
            number += 1
        log = first.log.with_stem(another)
        self._supervisor.start(Process(another, first.command, first.env, log))
        return another

    def wait_until_ready(self, name: str) -> None:
        """Wait until a process that was killed answers again."""
        self._supervisor[name].wait_until_ready()

    def process_id(self, name: str) -> int:
        """The id that a process has now."""
        return self._supervisor[name].pid

    @property
    def facts(self) -> dict[str, str]:
        """What `.demo/env` tells to scripts and acceptance checks."""
        layout = self.layout
        return {
            "GHADMIN_URL": layout.dashboard_url,
            "GHADMIN_ADMIN_USER": ADMIN,
            "GHADMIN_ADMIN_PASSWORD": layout.admin_password,
            "GHADMIN_API_TOKEN": layout.api_token_file.read_text().strip(),
            "GITHUB_WEBHOOK_SECRET": layout.webhook_secret,
            "AWS_ENDPOINT_URL": layout.aws_url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "SANDBOX_GITHUB_URL": layout.github_url,
            "SANDBOX_CONTROL_URL": layout.control_url,
            "GHADMIN_STACK": STACK,
            "RUNS_TABLE": self.outputs["RunsTable"],
            "REPOSITORIES_TABLE": self.outputs["RepositoriesTable"],
            "MEMBERS_TABLE": self.outputs["MembersTable"],
        }

    def _start(self) -> None:
        layout = self.layout
        layout.prepare()
        # Three things that do not need each other, on two cores.
        with ThreadPoolExecutor() as pool:
            self._say("Building the Lambdas and preparing the database …")
            lambdas = pool.submit(build_lambda.build, "local")
            database = pool.submit(self._prepare_dashboard)
            self._start_outside_world()
            lambdas.result()
            self._say("Deploying the stack …")
            self.outputs = outside.deploy(layout)
            database.result()
        self._say("Starting web, worker and mirror …")
        self._start_dashboard()

    def _start_outside_world(self) -> None:
        aws, services = outside.aws_process(self.layout), outside.services_process(self.layout)
        for process in (aws, services):
            self._supervisor.start(process)
        for process in (aws, services):
            process.wait_until_ready()

    def _prepare_dashboard(self) -> None:
        run_once(
            [sys.executable, "-m", "sandbox.runner.prepare_dashboard"],
            cwd=ROOT,
            env=self.layout.dashboard_environment
            | {
                "DJANGO_SETTINGS_MODULE": "ghadmin.settings",
                "GHADMIN_ADMIN_USER": ADMIN,
                "GHADMIN_ADMIN_PASSWORD": self.layout.admin_password,
                "GHADMIN_API_TOKEN_FILE": str(self.layout.api_token_file),
            },
        )

    def _start_dashboard(self) -> None:
        layout = self.layout
        commands: dict[str, list[str | os.PathLike[str]]] = {
            "web": [
                program("granian"),
                *("--interface", "rsgi", "--host", "127.0.0.1", "--port", str(layout.base_port)),
                *("--workers", "1", "--no-ws"),
                "ghadmin.rsgi:application",
            ],
            "worker": [
                program("celery"),
                *("-A", "ghadmin", "worker", "--pool", "threads", "--concurrency", "8"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ],
            "mirror": [sys.executable, "manage.py", "run_mirror"],
        }
        ready = {"web": f"{layout.dashboard_url}/healthz"}
        processes = [
            self._supervisor.start(
                Process(
                    name,
                    command,
                    layout.dashboard_environment,
                    layout.logs / f"{name}.log",
                    ready.get(name, ""),
                )
            )
            for name, command in commands.items()
        ]
        processes[0].wait_until_ready()
