"""The one signal of the product: an execution has finished."""

from django.dispatch import Signal

# Sent inside the transaction that records the end, with `execution` (the row, its output included):
# once a finishing, and again when a redriven execution finishes again. A receiver writes a row of
# work and nothing else, and may not fail: what it raises undoes the recording.
execution_finished = Signal()
