"""`GET /v1/me`: who a key is, and what its organisation tells people."""

from __future__ import annotations

from pathlib import Path

from tests.contract.served import Office, bearing, failed, succeeded
from tests.contract.test_commands import refused


def test_a_key_of_the_organisation(office: Office) -> None:
    me = succeeded(office.client.get("/v1/me", headers=bearing(office.admin)))
    assert (me["role"], me["user"], me["device"]) == ("admin", None, None)
    assert me["organisation"]["name"] == "Acme"
    failed(office.client.get("/v1/me"), 401, "AUTHORIZATION_HEADER_MISSING")


def test_a_device_and_its_notice(office: Office, tmp_path: Path) -> None:
    made = office.run("user", "add", "--name", "Bob", "--email", "bob@example.com")
    headers = bearing(made["deviceToken"])
    me = succeeded(office.client.get("/v1/me", headers=headers))
    assert (me["role"], me["user"], me["device"]) == ("device", {"userId": made["userId"], "name": "Bob"}, "default")
    assert (me["organisation"]["titles"], me["organisation"]["notice"]) == ("none", None)
    notice = tmp_path / "notice.txt"
    notice.write_text("Wir zählen, was vorn ist.\n", encoding="utf-8")
    assert office.run("policy", "--notice", str(notice), "--titles", "self")["notice"] == "Wir zählen, was vorn ist."
    me = succeeded(office.client.get("/v1/me", headers=headers))
    assert (me["organisation"]["titles"], me["organisation"]["notice"]) == ("self", "Wir zählen, was vorn ist.")
    notice.write_text("Signed in Notepad.", encoding="utf-8-sig")
    assert office.run("policy", "--notice", str(notice))["notice"] == "Signed in Notepad."
    notice.write_text("")
    assert office.run("policy", "--notice", str(notice))["notice"] is None


def test_a_notice_that_is_no_text(office: Office, tmp_path: Path) -> None:
    notice = tmp_path / "notice.txt"
    notice.write_bytes(b"\xff\xfe")
    assert "UTF-8" in refused(office.url, "policy", "--notice", str(notice))
    notice.write_text("x" * 20_001)
    assert "20000" in refused(office.url, "policy", "--notice", str(notice))
