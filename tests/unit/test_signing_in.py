"""What signing in rests on: forms that are a session's own, and passwords compared in the same time."""

from __future__ import annotations

from timegrain.storage import passwords
from timegrain.web import csrf

COOKIE = "tg_1_secret"


def test_a_form_is_of_its_session_alone() -> None:
    tokens = {csrf.token_for(COOKIE) for _ in range(50)}
    assert len(tokens) == 50
    assert all(csrf.fits(token, COOKIE) for token in tokens)
    assert not any(csrf.fits(token, other) for token in tokens for other in ("tg_1_secre", "", "tg_2_secret"))


def test_a_token_with_a_changed_bit_or_length_is_none() -> None:
    token = csrf.token_for(COOKIE)
    changed = [token[:at] + ("B" if token[at] == "A" else "A") + token[at + 1 :] for at in range(0, len(token) - 4, 3)]
    for other in (*changed, token[:-4], f"AAAA{token}", "", "A", "é" * 88, "=" * 88, "A" * 88):
        assert not csrf.fits(other, COOKIE), other


def test_nobodys_password_costs_what_others_do() -> None:
    kept = passwords.hashed("Correct-horse-7")
    assert passwords._NOBODYS.split("$")[:4] == kept.split("$")[:4]
    assert passwords.fits("Correct-horse-7", kept)
    assert not passwords.fits("Correct-horse-8", kept)
    assert not passwords.fits("", None)
    assert not passwords.fits("x", "not a hash")
