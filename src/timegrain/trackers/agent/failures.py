"""Why a round of the agent cannot go on."""

from __future__ import annotations

from timegrain.errors import TimegrainError


class BadSettings(TimegrainError):
    """`agent.toml` cannot be read; the message names the key."""

    code = "BAD_SETTINGS"


class NotPaired(TimegrainError):
    code = "NOT_PAIRED"

    def __init__(self) -> None:
        super().__init__("this computer is not paired yet: run `timegrain agent pair URL TOKEN`")


class PairedAnew(TimegrainError):
    """What is under way is for the server or device that it was paired with before."""

    code = "PAIRED_ANEW"

    def __init__(self) -> None:
        super().__init__("this computer was paired anew meanwhile; the next round sends there")


class TokenUnreadable(TimegrainError):
    """The keyring or the token's file does not give it."""

    code = "TOKEN_UNREADABLE"


class TokenRefused(TimegrainError):
    """The server knows no such device token, or no longer."""

    code = "TOKEN_REFUSED"


class ServerAway(TimegrainError):
    """The timegrain server cannot be reached or is busy; `wait_s` is how long it asks to be left alone."""

    code = "SERVER_AWAY"

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class ProxyUnusable(TimegrainError):
    """The proxy that the environment names is of no kind that can be used."""

    code = "PROXY_UNUSABLE"

    def __init__(self) -> None:
        super().__init__("the proxy that this computer names cannot be used: only http:// and https:// proxies can")


class ServerUnknown(TimegrainError):
    """What answers at the server's address does not answer as timegrain does."""

    code = "SERVER_UNKNOWN"


class FactsWait(TimegrainError):
    """The server does not take some facts yet."""

    code = "FACTS_WAIT"


class FolderUnusable(TimegrainError):
    """The agent's own files cannot be read or written."""

    code = "FOLDER_UNUSABLE"


class ActivityWatchAway(TimegrainError):
    """The ActivityWatch server cannot be reached, or what answers in its place is none."""

    code = "ACTIVITYWATCH_AWAY"


class HostUnclear(TimegrainError):
    """ActivityWatch holds several computers' buckets, and none of them is known to be this one's."""

    code = "HOST_UNCLEAR"
