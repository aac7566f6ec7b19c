"""`python -m bench.ingest`: the webhook endpoint's figures alone, one JSON line each."""

import json
import sys

from bench.ingest import figures

for figure in figures():
    sys.stdout.write(json.dumps(figure) + "\n")
    sys.stdout.flush()
