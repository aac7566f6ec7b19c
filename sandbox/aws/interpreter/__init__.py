"""Runs executions state by state, so that their histories, failures and restarts are AWS's.

What a state computes (paths, JSONata, intrinsic functions, choices, integrations) stays ministack's.
"""
