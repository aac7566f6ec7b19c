"""Benchmarks: each prints JSON lines of figures and asserts nothing about time."""
