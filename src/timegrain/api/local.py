"""Who asks from the server's own computer: the first run, and metrics without a token, are for nobody else."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def is_local(address: str, headers: Mapping[str, str]) -> bool:
    """Asked from this computer, for this computer, without a proxy that says otherwise."""
    host = host_named(headers.get("host", ""))
    through = any(name in headers for name in _FORWARDED)
    return not through and _loopback(address) and (host == "localhost" or _loopback(host))


def host_named(given: str) -> str:
    """Without its port; empty where it is none."""
    try:
        return urlsplit(f"//{given}").hostname or ""
    except ValueError:
        return ""


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
