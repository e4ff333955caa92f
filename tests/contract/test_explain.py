"""Timeline and explanation of the worked example: every second with its reason, adding up to the summary."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.contract.served import Office, failed, succeeded
from tests.contract.test_figures import DAY, worked
from timegrain.storage import keys

__all__ = ["worked"]

TIMELINE, EXPLAIN = "/v1/proof-of-work/timeline", "/v1/explain"


def timeline(office: Office, key: str = "", **changed: Any) -> Any:
    answer = office.call(TIMELINE, office.question(**{**DAY, **changed}), key).json()
    assert set(answer) == {"success", "statusCode", "statusMessage", "error", "response"}, answer
    assert answer["statusMessage"] == "Fetched timeline successfully"
    return answer["response"]


def seconds(entry: dict[str, str], start: str, end: str) -> int:
    return int((datetime.fromisoformat(entry[end]) - datetime.fromisoformat(entry[start])).total_seconds())


def test_timeline(worked: Office) -> None:
    found = timeline(worked)
    assert found["totalActiveUsers"] == 1
    (user,) = found["usersList"]
    entries = user.pop("appTrackingDetails")
    assert user == {
        "userId": worked.user,
        "userName": "anna@example.com",
        "emailId": "anna@example.com",
        "profilePicUrl": None,
        "productiveTimeSpend": 1800,
        "unProductiveTimeSpend": 0,
        "neutralTimeSpend": 2970,
        "idleTimeSpend": 630,
    }
    told = [(one["category"], one["appName"], one["startTime"][11:19], one["endTime"][11:19]) for one in entries]
    assert told == [
        ("neutral", "Code", "03:30:00", "04:10:00"),
        ("idle", "Code", "04:10:00", "04:20:30"),
        ("neutral", "Code", "04:20:30", "04:30:00"),
        ("productive", "Google Chrome", "04:30:00", "05:00:00"),
    ]
    assert {one["title"] for one in entries} == {""}
    assert sum(seconds(one, "startTime", "endTime") for one in entries) == 5400


def test_timeline_of_a_part_and_of_others(worked: Office) -> None:
    for number in range(15):
        worked.run("user", "add", "--name", f"{number:02}", "--email", f"{number}@example.com")
    users = [one["userId"] for one in worked.run("user", "list")["users"]]
    part = {"startDate": "2026-02-03 09:50:29", "endDate": "2026-02-03 09:50:31"}
    first, second = (timeline(worked, userId=users, offset=page, **part) for page in (1, 2))
    assert (len(first["usersList"]), first["totalActiveUsers"]) == (15, 1)
    assert second["totalActiveUsers"] == 1
    (user,) = second["usersList"]
    told = [(one["category"], seconds(one, "startTime", "endTime")) for one in user["appTrackingDetails"]]
    assert told == [("idle", 1), ("neutral", 2)]
    assert (user["neutralTimeSpend"], user["idleTimeSpend"]) == (2, 1)


@pytest.mark.parametrize(
    ("kept", "own", "others"), [("none", "", ""), ("self", "Secret", ""), ("managers", "Secret", "Secret")]
)
def test_titles_are_shown_as_the_organisation_says(office: Office, kept: str, own: str, others: str) -> None:
    office.run("policy", "--titles", kept)
    start, end = "2026-02-03T03:30:00Z", "2026-02-03T03:40:00Z"
    office.send(focus=[{"start": start, "end": end, "app": "Code", "title": "Secret"}])
    with office.database.write(1, policy=True) as connection:
        _, own_key = keys.add_key(connection, 1, "own", "admin", 0, user=1)
    for key, title in ((own_key, own), (office.admin, others)):
        (entry,) = timeline(office, key)["usersList"][0]["appTrackingDetails"]
        assert entry["title"] == title
        (span,) = succeeded(office.call(EXPLAIN, office.question(**DAY), key))["spans"]
        assert span["title"] == title


def explained(office: Office, **changed: Any) -> Any:
    return succeeded(office.call(EXPLAIN, office.question(**{**DAY, **changed})))


def test_explanation(worked: Office) -> None:
    found = explained(worked)
    assert found["totals"] == {
        "totalTimeSpendSeconds": 5400,
        "activeTimeSpendSeconds": 4770,
        "idleTimeSpendSeconds": 630,
        "productiveTimeSpendSeconds": 1800,
        "neutralTimeSpendSeconds": 2970,
        "unproductiveTimeSpendSeconds": 0,
    }
    assert sum(one["seconds"] for one in found["spans"]) == 5400
    by_start = {one["start"][11:19]: one for one in found["spans"]}
    idle = by_start["04:10:00"]
    assert idle["stretch"] == {
        "start": "2026-02-03T04:10:00.000Z",
        "end": "2026-02-03T04:20:30.000Z",
        "seconds": 630,
    }
    assert idle["facts"] == [
        {"device": "laptop-7", "kind": "focus", "start": "2026-02-03T03:30:00.700Z", "browser": None},
        {"device": "laptop-7", "kind": "away", "start": "2026-02-03T04:10:00.000Z", "browser": None},
    ]
    assert (idle["state"], idle["rating"], idle["device"]) == ("idle", None, "laptop-7")
    site = by_start["04:30:00"]
    assert site["subject"] == {"name": "github.com", "type": "website"}
    assert site["rule"] == {
        "owner": "organisation",
        "teamId": None,
        "kind": "domain",
        "subject": "github.com",
        "rating": "productive",
        "ignoreIdle": False,
    }
    assert found["neverIdle"] == []


def test_why_something_is_untracked(office: Office) -> None:
    """A lock screen, an absence that is too long, erased time."""
    office.send(
        focus=[
            {"start": "2026-02-03T03:00:00Z", "end": "2026-02-03T03:10:00Z", "app": "LockApp.exe"},
            {"start": "2026-02-03T03:10:00Z", "end": "2026-02-03T06:00:00Z", "app": "Code"},
        ],
        away=[{"start": "2026-02-03T04:00:00Z", "end": "2026-02-03T05:30:00Z"}],
    )
    zone = {"timeZone": "UTC", "startDate": "2026-02-03 05:40:00", "endDate": "2026-02-03 05:49:59"}
    succeeded(office.call("/v1/activity", {**zone, "userId": office.user}, method="DELETE"))
    untracked = [one for one in explained(office)["spans"] if one["state"] == "untracked"]
    assert [(one["reason"], one["seconds"]) for one in untracked] == [
        ("lock screen", 600),
        ("away longer than the away limit", 5400),
        ("erased", 600),
    ]
    assert untracked[1]["facts"] == [
        {"device": "laptop-7", "kind": "away", "start": "2026-02-03T04:00:00.000Z", "browser": None}
    ]


def test_a_page_and_a_heartbeat_are_named(office: Office) -> None:
    office.send(
        focus=[{"start": "2026-02-03T03:00:00Z", "end": "2026-02-03T03:10:00Z", "app": "Google Chrome"}],
        pages=[
            {
                "start": "2026-02-03T03:02:00.500Z",
                "end": "2026-02-03T03:05:00Z",
                "browser": "chrome",
                "url": "https://x.example/a",
            }
        ],
    )
    spans = explained(office)["spans"]
    assert [one["subject"]["name"] for one in spans] == ["Google Chrome", "x.example", "Google Chrome"]
    assert spans[1]["facts"][1] == {
        "device": "laptop-7",
        "kind": "page",
        "start": "2026-02-03T03:02:00.500Z",
        "browser": "chrome",
    }
    assert explained(office)["neverIdle"] == ["laptop-7"]


def test_one_person_and_seven_days(shared_office: Office) -> None:
    ask = shared_office.question
    failed(shared_office.call(EXPLAIN, ask(endDate="2026-02-16 00:00:00")), 400, "INVALID_DATE_RANGE")
    failed(shared_office.call(EXPLAIN, ask(userId=[])), 400, "USER_OR_TEAM_REQUIRED")
    succeeded(shared_office.call(EXPLAIN, ask(endDate="2026-02-14 23:59:59")))


def test_a_story_of_one_second(worked: Office) -> None:
    def story(at: str) -> str:
        return str(worked.run("explain", "--user", "anna@example.com", "--at", f"2026-02-03 {at}")["story"])

    assert story("09:41:00") == (
        "idle: no input on laptop-7 from 09:40:00 to 09:50:30, longer than the threshold of 5 minutes"
    )
    assert story("09:12:00") == (
        "active on Code, neutral, since no rule rates it; laptop-7 was in front; "
        "no input on laptop-7 from 09:10:00 to 09:14:00, shorter than the threshold of 5 minutes"
    )
    assert story("10:15:00").startswith("active on github.com, productive by the organisation's rule for github.com")
    assert story("12:00:00") == "untracked: nothing was in front on any device"
    worked.run("rate", "Code", "neutral", "--app", "--ignore-idle")
    assert story("09:41:00").endswith("from 09:40:00 to 09:50:30, but Code ignores idle")
    worked.run("policy", "--away-limit-minutes", "5", "--idle-minutes", "5")
    worked.run("rate", "remove", "Code", "--app")
    assert story("09:41:00") == (
        "untracked: no input on laptop-7 from 09:40:00 to 09:50:30, longer than the away limit of 5 minutes"
    )
    day = worked.run("explain", "--user", "anna@example.com", "--date", "2026-02-03")
    assert sum(one["seconds"] for one in day["spans"]) == 5400


def test_a_page_without_people_does_not_forget_the_rules(worked: Office) -> None:
    """It counts nothing, so it reads no rules: those of the next question must be read."""
    worked.run("rate", "Code", "productive", "--app")
    assert timeline(worked, offset=2)["usersList"] == []
    (user,) = timeline(worked)["usersList"]
    assert (user["productiveTimeSpend"], user["neutralTimeSpend"]) == (4770, 0)
