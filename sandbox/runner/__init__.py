"""Starts the whole of ghadmin and its outside world on one machine: `make demo` and the journeys."""
