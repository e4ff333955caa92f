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
    assert (me["role"], me["user"], me["device"]) == (
        "device",
        {"userId": made["userId"], "name": "Bob", "leads": []},
        "default",
    )
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


def test_a_role_says_its_pages_and_a_lead_their_teams(office: Office) -> None:
    made = office.run("user", "add", "--name", "Bob", "--email", "bob@example.com")
    for name in ("Sales", "Design", "Past"):
        office.run("team", "add", name)
        office.run("team", "lead", name, "bob@example.com", "--from", "2026-02-02")
    office.run("team", "unlead", "Past", "bob@example.com")
    office.run("role", "add", "Auditor", "--page", "/=team", "--page", "/moon=own")
    arguments = ("--role", "Auditor", "--user", "bob@example.com", "--expires", "2036-01-01")
    key = office.run("key", "add", "--name", "k", *arguments)["apiKey"]
    me = succeeded(office.client.get("/v1/me", headers=bearing(key)))
    assert (me["role"], me["roleName"], me["device"]) == ("role", "Auditor", None)
    assert (me["user"]["userId"], [one["name"] for one in me["user"]["leads"]]) == (made["userId"], ["Design", "Sales"])
    assert me["pages"] == [{"path": "/", "access": "Team Data"}, {"path": "/moon", "access": "Own Data"}]
    expired = office.run("key", "add", "--name", "k", "--role", "Auditor", "--expires", "2026-01-01")["apiKey"]
    failed(office.client.get("/v1/me", headers=bearing(expired)), 401, "INVALID_API_KEY")


def test_a_notice_that_is_no_text(office: Office, tmp_path: Path) -> None:
    notice = tmp_path / "notice.txt"
    notice.write_bytes(b"\xff\xfe")
    assert "UTF-8" in refused(office.url, "policy", "--notice", str(notice))
    notice.write_text("x" * 20_001)
    assert "20000" in refused(office.url, "policy", "--notice", str(notice))
