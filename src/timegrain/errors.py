"""What can go wrong for a reason that the caller can act on: a code, a status and a clear sentence.

The HTTP room gives them its envelope, the command line prints them in one line. Nothing else is told apart
by its text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class Detail(NamedTuple):
    field: str
    message: str


class TimegrainError(Exception):
    """The base of all of them. `details` name fields or ids."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500
    label: ClassVar[str] = "Internal error"

    def __init__(self, message: str, details: Sequence[Detail] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)


class AuthorizationHeaderMissing(TimegrainError):
    code = "AUTHORIZATION_HEADER_MISSING"
    status = 401
    label = "Authentication token header is missing"

    def __init__(self) -> None:
        super().__init__("Authorization header is missing")


class InvalidApiKeySchema(TimegrainError):
    code = "INVALID_API_KEY_SCHEMA"
    status = 401
    label = "Invalid authentication token schema"

    def __init__(self) -> None:
        super().__init__("Authorization header must start with 'Bearer'")


class ApiKeyMissing(TimegrainError):
    code = "API_KEY_MISSING"
    status = 401
    label = "Authentication token is missing"

    def __init__(self) -> None:
        super().__init__("API key value is missing")


class InvalidApiKey(TimegrainError):
    """Unknown, revoked or expired: the three are not told apart."""

    code = "INVALID_API_KEY"
    status = 401
    label = "Invalid authentication token"

    def __init__(self) -> None:
        super().__init__("The API key is not valid")


class SignInFailed(TimegrainError):
    """Unknown mail, wrong password, nobody's password: they are not told apart."""

    code = "SIGN_IN_FAILED"
    status = 422
    label = "Not signed in"

    def __init__(self) -> None:
        super().__init__("The mail or the password is not right")


class Forbidden(TimegrainError):
    code = "FORBIDDEN"
    status = 403
    label = "Forbidden"


class NotFound(TimegrainError):
    code = "NOT_FOUND"
    status = 404
    label = "Not found"


class MethodNotAllowed(TimegrainError):
    """`allowed` are the methods that the path takes, as the header `Allow` lists them."""

    code = "METHOD_NOT_ALLOWED"
    status = 405
    label = "Method not allowed"

    def __init__(self, allowed: str) -> None:
        super().__init__("This path does not take this method")
        self.allowed = allowed


class UserNotFound(TimegrainError):
    code = "USER_NOT_FOUND"
    status = 404
    label = "User not found"


class TeamNotFound(TimegrainError):
    code = "TEAM_NOT_FOUND"
    status = 404
    label = "Team not found"


class RoleNotFound(TimegrainError):
    code = "ROLE_NOT_FOUND"
    status = 404
    label = "Role not found"


class EmailTaken(TimegrainError):
    code = "EMAIL_TAKEN"
    status = 409
    label = "Email taken"


class NameTaken(TimegrainError):
    """A team or a role has it."""

    code = "NAME_TAKEN"
    status = 409
    label = "Name taken"


class RoleInUse(TimegrainError):
    """People or valid keys have it."""

    code = "ROLE_IN_USE"
    status = 409
    label = "Role in use"


class BuiltInRole(TimegrainError):
    """It can be neither changed nor removed."""

    code = "BUILT_IN_ROLE"
    status = 409
    label = "Built-in role"


class ValidationFailed(TimegrainError):
    code = "VALIDATION_ERROR"
    status = 400
    label = "Validation error"


def wrong(field: str, message: str) -> ValidationFailed:
    """What is wrong with one field of a request."""
    return ValidationFailed(f"{field}: {message}", [Detail(field, message)])


class UserOrTeamRequired(TimegrainError):
    code = "USER_OR_TEAM_REQUIRED"
    status = 400
    label = "User or team required"

    def __init__(self) -> None:
        super().__init__("userId or teamId must name somebody")


class InvalidTimeZone(TimegrainError):
    code = "INVALID_TIME_ZONE"
    status = 400
    label = "Invalid time zone"


class InvalidDateRange(TimegrainError):
    code = "INVALID_DATE_RANGE"
    status = 400
    label = "Invalid date range"


class TooManyPeople(TimegrainError):
    code = "TOO_MANY_PEOPLE"
    status = 400
    label = "Too many people"


class PayloadTooLarge(TimegrainError):
    code = "PAYLOAD_TOO_LARGE"
    status = 413
    label = "Payload too large"


class UnsupportedMediaType(TimegrainError):
    code = "UNSUPPORTED_MEDIA_TYPE"
    status = 415
    label = "Unsupported media type"


class RateLimited(TimegrainError):
    """`retry_after` seconds later one more is let in."""

    code = "RATE_LIMITED"
    status = 429
    label = "Too many requests"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class InternalError(TimegrainError):
    """What nobody foresaw: the caller gets the request's id, the log the reason."""


class Unavailable(TimegrainError):
    code = "UNAVAILABLE"
    status = 503
    label = "Service unavailable"


class Overloaded(TimegrainError):
    """More comes in than the server takes on; nothing of it was done."""

    code = "OVERLOADED"
    status = 503
    label = "Overloaded"


class TookTooLong(TimegrainError):
    """A question that was given up."""

    code = "TOOK_TOO_LONG"
    status = 503
    label = "Took too long"


class ChangeFailed(TimegrainError):
    """A change of policy that could not be counted, however often it was tried; the log says why."""

    code = "CHANGE_FAILED"
    label = "Change failed"


class RequestTimeout(TimegrainError):
    """The sender took too long with the body."""

    code = "REQUEST_TIMEOUT"
    status = 408
    label = "Request timeout"


class Refused(TimegrainError):
    """What an administrator asked for cannot be; the message says why."""

    code = "REFUSED"
    status = 409
    label = "Refused"
