"""`make bench`: run every benchmark of some minutes and print one JSON line a figure.

The long ones are run by themselves: `python -m bench.onboarding [people] [peace|kills]`,
`python -m bench.bulk_redrive [executions]`, `python -m bench.execution_list [rows] [database]`.
"""

import json
import sys

from bench import histories, ingest, pricing, state_graph
from bench.machines.figures import figures as random_machines


def main() -> None:
    """Run them one after the other, so that none disturbs another."""
    for figures in (
        pricing.figures,
        histories.figures,
        state_graph.figures,
        random_machines,
        ingest.figures,
    ):
        for figure in figures():
            sys.stdout.write(json.dumps(figure) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
