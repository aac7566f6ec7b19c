"""`make demo`: start everything, seed a small organisation, and say what to try."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from sandbox.runner import people, seed
from sandbox.runner.layout import Layout
from sandbox.runner.processes import ProcessFailed
from sandbox.runner.world import World

WELCOME = """
  ghadmin is ready after {seconds:.0f} s:  {url}

  Sign in as  {user}  with  {password}

  What to try
    1. Costs: {url}/costs/  What the demo's organisation spent, per repository and SKU.
    2. Executions: {url}/executions/?status=failed  GitHub was away when one run completed.
       Open it, press Retry, and watch it succeed on the same page.
    3. Members: {url}/members/  Who joined, who left, who is still invited, who is in which team.
       {newcomer} joined and failed: the company directory does not know them. Tell it,
         curl -X PUT {control}/people -H 'Content-Type: application/json' -d @{record}
       then press Retry on {url}/executions/?status=failed&subject={newcomer}
    4. Send a webhook of your own:
         curl -X POST {control}/webhooks -H 'Content-Type: application/json' -d @{example}
    5. REST: curl -H "Authorization: Bearer $(cat {token_file})" {url}/api/v1/costs/repositories/

  Settings and secrets of this demo are in {env_file}; its logs are in {logs}/.
  Ctrl-C stops everything; the next start goes on where this one ended.
"""


def main() -> int:
    """Run the demo until it is told to stop."""
    started = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # a start that is under way ends, too
    state_dir = Path(".demo").resolve()
    env_file = state_dir / "env"
    env_file.unlink(missing_ok=True)  # its presence says that the demo is up
    layout = Layout(state_dir=state_dir, base_port=int(os.environ.get("DEMO_PORT", "8000")))
    try:
        with World(layout, say=_say) as world:
            env_file.write_text("".join(f"{key}={value}\n" for key, value in world.facts.items()))
            env_file.chmod(0o600)
            example = seed.plant(world, say=_say)
            newcomer, record = people.missing_record(world)
            print(
                WELCOME.format(
                    seconds=time.monotonic() - started,
                    url=layout.dashboard_url,
                    newcomer=newcomer,
                    record=_short(record),
                    control=layout.control_url,
                    user=world.facts["GHADMIN_ADMIN_USER"],
                    password=layout.admin_password,
                    token_file=_short(layout.api_token_file),
                    example=_short(example),
                    env_file=_short(env_file),
                    logs=_short(layout.logs),
                ),
                flush=True,
            )
            threading.Event().wait()
    except KeyboardInterrupt:
        _say("Stopped.")
    except ProcessFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def _short(path: Path) -> str:
    return os.path.relpath(path)


if __name__ == "__main__":
    sys.exit(main())
