"""While everything dies and AWS throttles, every delivery ends in one execution, item and row."""

from contextlib import closing

from bench.chaos import Chaos
from bench.settling import Counts


def test_deliveries_in_are_executions_are_items_are_rows_whatever_dies(journey):
    with closing(Chaos(journey.world, seed=7)) as chaos:
        report = chaos.run(deliveries=60, seconds=10, patience_s=360)

    assert report.lost_on_purpose > 0
    assert report.sent_twice > 0
    assert set(report.kills) >= {"web", "worker", "mirror", "aws", "broker"}
    assert report.found == Counts(stored=60, executions=60, items=60, counted=60, rows=60)
