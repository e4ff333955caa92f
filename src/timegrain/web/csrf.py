"""What every form of a session carries, so that no other site can make a browser send one.

It is made of the session's cookie, which nobody else has, and looks different on each page: so the length of a
compressed answer tells nothing of it.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

FIELD = "csrf"
_LENGTH = 32


def token_for(cookie: str) -> str:
    mask = secrets.token_bytes(_LENGTH)
    return urlsafe_b64encode(mask + _mixed(mask, _secret(cookie))).decode()


def fits(token: str, cookie: str) -> bool:
    try:
        raw = urlsafe_b64decode(token.encode())
    except ValueError:
        return False
    mask, masked = raw[:_LENGTH], raw[_LENGTH:]
    return len(masked) == _LENGTH and hmac.compare_digest(_mixed(mask, masked), _secret(cookie))


def _secret(cookie: str) -> bytes:
    return sha256(b"csrf " + cookie.encode()).digest()


def _mixed(mask: bytes, text: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(mask, text, strict=True))
