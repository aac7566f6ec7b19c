"""`python -m bench.machines 500`: run so many random machines and compare their histories."""

import json
import secrets
import sys

from bench.machines import figures


def main() -> None:
    """Print what differs, one JSON line each, and then the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(10**9)
    for line in figures.figures(count=count, first=first):
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
