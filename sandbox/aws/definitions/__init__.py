"""What AWS finds wrong with a state machine's definition before it takes it.

Codes and the words of transitions are AWS's ("MISSING_TRANSITION_TARGET: Missing 'Next' target: B
at /States/A/Next"); of the many SCHEMA_VALIDATION_FAILED the code is, the words are ours.
"""

from sandbox.aws.definitions.findings import Finding
from sandbox.aws.definitions.machines import lint

__all__ = ["Finding", "lint"]
