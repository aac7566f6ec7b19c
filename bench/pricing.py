"""What it costs to price the largest matrix that GitHub runs: 256 jobs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.timing import best_seconds
from ghkit.jobs import Job
from ghkit.pricing import price_run

_JOBS = 256


def figures() -> Iterator[dict[str, object]]:
    """Yield the figures."""
    start = datetime(2026, 11, 2, 10, tzinfo=UTC)
    jobs = [
        Job(
            id=number,
            name=f"test ({number})",
            conclusion="success",
            started_at=start,
            completed_at=start + timedelta(seconds=61 + number),
            labels=("ubuntu-latest",),
            runner_id=number + 1,
            runner_name=f"GitHub Actions {number}",
            runner_group_name="GitHub Actions",
        )
        for number in range(_JOBS)
    ]
    seconds = best_seconds(
        lambda: price_run(
            jobs, visibility="private", run_attempt=1, run_started_at=start, run_updated_at=start
        )
    )
    yield {"figure": "price a run of 256 jobs", "value": round(seconds * 1000, 2), "unit": "ms"}
