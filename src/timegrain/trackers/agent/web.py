"""HTTP clients: the system's proxies and certificates, but no proxy for what runs on this computer."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Mapping

import httpx

from timegrain.trackers.agent.failures import ProxyUnusable

FAILURES = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
"""What a request raises; the last for a host that is no name."""


def loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def client(address: str, headers: Mapping[str, str], timeout_s: float) -> httpx.Client:
    """Raises `ProxyUnusable`."""
    url = httpx.URL(address)
    here = loopback(url.host)
    # The certificates take time and memory, and nothing on this computer needs them.
    tls = ssl.create_default_context() if url.scheme == "https" or not here else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx.Client(base_url=address, headers=headers, timeout=timeout_s, trust_env=not here, verify=tls)
    except (ValueError, ImportError):
        raise ProxyUnusable from None  # the message would name it, with its password
