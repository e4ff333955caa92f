"""What was used: by whom, rated how, and what is to be rated first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.served import Office, failed, succeeded

START, DAY = 1770076800, "2026-02-03"  # 00:00 UTC, 5:30 in Kolkata


def at(second: int) -> str:
    return f"{DAY}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"


def focus(start: int, end: int, app: str, url: str = "") -> dict[str, str]:
    return {"start": at(start), "end": at(end), "app": app, "url": url}


@pytest.fixture
def two(office: Office) -> tuple[Office, str]:
    """Anna uses Code, a site and Notes; Bob, of a team that rates Code otherwise, Code alone."""
    office.run("team", "add", "Design")
    bob = office.run("user", "add", "--name", "Bob", "--email", "bob@example.com", "--team", "Design")["userId"]
    office.send(
        focus=[
            focus(1000, 2000, "Code"),
            focus(2000, 2600, "chrome", "https://docs.example.com/a"),
            focus(2600, 2700, "Notes"),
        ]
    )
    office.send(userId=bob, focus=[focus(1000, 1500, "code")])
    office.run("rate", "Code", "productive", "--app")
    office.run("rate", "Code", "unproductive", "--app", "--team", "Design")
    office.run("rate", "example.com", "unproductive")
    return office, bob


def usage(office: Office, users: list[str], path: str = "/v1/app-usage", **changed: str) -> Any:
    body = {"startDate": f"{DAY} 00:00:00", "endDate": f"{DAY} 23:59:59", "timeZone": "UTC", "userId": users}
    return succeeded(office.call(path, {**body, **changed}))


def test_app_usage(two: tuple[Office, str]) -> None:
    office, bob = two
    answer = usage(office, [office.user, bob])
    assert answer["items"] == [
        {
            "name": "Code",
            "type": "application",
            "category": "Development",
            "rating": "mixed",
            "activeSeconds": 1500,
            "productiveSeconds": 1000,
            "neutralSeconds": 0,
            "unproductiveSeconds": 500,
            "share": round(1500 / 2200, 6),
            "people": 2,
        },
        {
            "name": "docs.example.com",
            "type": "website",
            "category": None,
            "rating": "unproductive",
            "activeSeconds": 600,
            "productiveSeconds": 0,
            "neutralSeconds": 0,
            "unproductiveSeconds": 600,
            "share": round(600 / 2200, 6),
            "people": 1,
        },
        {
            "name": "Notes",
            "type": "application",
            "category": answer["items"][2]["category"],
            "rating": "neutral",
            "activeSeconds": 100,
            "productiveSeconds": 0,
            "neutralSeconds": 100,
            "unproductiveSeconds": 0,
            "share": round(100 / 2200, 6),
            "people": 1,
        },
    ]
    assert (answer["nextCursor"], answer["activeSeconds"]) == (None, 2200)


def test_a_part_of_a_slot(two: tuple[Office, str]) -> None:
    office, bob = two
    answer = usage(office, [office.user, bob], startDate=f"{DAY} 00:24:50", endDate=f"{DAY} 00:33:21")
    shown = {one["name"]: (one["activeSeconds"], one["people"]) for one in answer["items"]}
    assert shown == {"Code": (510 + 10, 2), "docs.example.com": (2, 1)}


def test_a_subject_has_its_most_used_spelling(two: tuple[Office, str]) -> None:
    office, bob = two
    office.send(userId=bob, focus=[focus(4000, 4600, "code "), focus(5000, 5100, "")])
    names = [one["name"] for one in usage(office, [office.user, bob])["items"]]
    assert names == ["Code", "docs.example.com", "Notes", "unknown"]
    in_cut_slots = usage(office, [office.user, bob], startDate=f"{DAY} 00:30:00", endDate=f"{DAY} 01:17:00")
    assert {one["name"]: one["people"] for one in in_cut_slots["items"]}["code"] == 2
    office.send(focus=[focus(3000, 3200, "notes")])
    names = [one["name"] for one in usage(office, [office.user, bob])["items"]]
    assert "notes" in names


def test_pages(two: tuple[Office, str]) -> None:
    office, bob = two
    first = usage(office, [office.user, bob], "/v1/app-usage?limit=2")
    rest = usage(office, [office.user, bob], f"/v1/app-usage?limit=2&cursor={first['nextCursor']}")
    assert [one["name"] for one in (*first["items"], *rest["items"])] == ["Code", "docs.example.com", "Notes"]
    assert rest["nextCursor"] is None
    body = office.question(userId=[office.user])
    for query in ("limit=0", "limit=201", "cursor=x", "colour=red"):
        failed(office.call(f"/v1/app-usage?{query}", body), 400, "VALIDATION_ERROR")


def subjects(office: Office, query: str = "", key: str = "") -> Any:
    dates = f"startDate={DAY} 00:00:00&endDate={DAY} 23:59:59&timeZone=UTC"
    return succeeded(office.call(f"/v1/subjects?{dates}{query}", None, key, "GET"))["items"]


def test_subjects_unrated_first(two: tuple[Office, str]) -> None:
    office, _ = two
    found = subjects(office)
    assert [one["name"] for one in found] == ["Notes", "Code", "docs.example.com"]
    assert [one["rule"] for one in found] == [
        None,
        {"kind": "application", "subject": "code", "starter": False},
        {"kind": "domain", "subject": "example.com", "starter": False},
    ]
    assert [one["name"] for one in subjects(office, "&rating=unrated")] == ["Notes"]
    assert [one["name"] for one in subjects(office, "&rating=unproductive")] == ["docs.example.com"]
    assert [one["name"] for one in subjects(office, "&rating=mixed&q=CO")] == ["Code"]
    assert subjects(office, "&q=nothing") == []
    first, *_ = subjects(office, "&limit=1")
    assert first["name"] == "Notes"
    failed(office.call("/v1/subjects?rating=good", None, "", "GET"), 400, "VALIDATION_ERROR")
    failed(office.call("/v1/subjects?timeZone=Mars", None, "", "GET"), 400, "INVALID_TIME_ZONE")
    failed(office.call("/v1/subjects?startDate=", None, "", "GET"), 400, "VALIDATION_ERROR")
