"""The base of every failure that a page or the API explains to a person."""


class DomainError(Exception):
    """An anticipated failure; its text is fit for a user.

    Subclasses are named as facts and live beside the function that raises them.

    Attributes:
        code: Stable machine-readable name, lower_snake.
        status_code: The HTTP status that tells a client what to do about it.
    """

    code = "error"
    status_code = 400


class NotFound(DomainError):
    """Nothing stands under the name that was asked for."""

    code = "not_found"
    status_code = 404


class Conflict(DomainError):
    """The thing exists and its present state forbids what was asked."""

    code = "conflict"
    status_code = 409


class Unavailable(DomainError):
    """A service that we need did not answer; asking again later may help."""

    code = "unavailable"
    status_code = 503
