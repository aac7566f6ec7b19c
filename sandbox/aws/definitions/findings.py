"""One thing that is wrong with a definition."""

from dataclasses import dataclass

SCHEMA = "SCHEMA_VALIDATION_FAILED"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        code: AWS's name for its kind.
        message: What, for people.
        location: Where, as `/States/A/Next`; None where it is nowhere in particular.
    """

    code: str
    message: str
    location: str | None = None

    def __str__(self) -> str:
        at = "" if self.location is None else f" at {self.location}"
        return f"{self.code}: {self.message}{at}"


def schema(message: str, location: str) -> Finding:
    return Finding(SCHEMA, message, location or "/")
