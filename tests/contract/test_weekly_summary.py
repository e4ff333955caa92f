"""The contract's worked example, digit for digit, and the shape that TrackPilots' clients expect."""

from __future__ import annotations

from typing import Any

from tests.contract.served import Office, statements, succeeded

NAMES = ("total", "active", "idle", "productive", "neutral", "unproductive")
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
TUESDAY = {"startDate": "2026-02-03 00:00:00", "endDate": "2026-02-03 23:59:59"}


def interval(start: str, end: str, **text: str) -> dict[str, str]:
    return {"start": f"2026-02-03T{start}+05:30", "end": f"2026-02-03T{end}+05:30", **text}


FOCUS = [
    interval("09:00:00.700", "10:00:00.200", app="Code"),
    interval("10:00:00.200", "10:30:00", app="Google Chrome", url="https://github.com/pulls"),
]
AWAY = [interval("09:10:00", "09:14:00"), interval("09:40:00", "09:50:30")]


def checked(data: dict[str, Any], *figures: int) -> None:
    """The one day with data has these six figures, the overall figure the same, other days zeros."""
    rows = {row["date"]: row["metrics"] for row in data["breakdownSummary"]}
    expected = {f"{name}TimeSpendSeconds": figure for name, figure in zip(NAMES, figures, strict=True)}
    assert rows.pop("2026-02-03T00:00:00.000Z") == expected
    assert len(rows) == 6
    assert all(list(row.values()) == [0] * 6 for row in rows.values())
    overall = {f"total{key[0].upper()}{key[1:]}": figure for key, figure in expected.items()}
    overall["totalTimeSpendSeconds"] = overall.pop("totalTotalTimeSpendSeconds")
    assert data["overallSummary"] == overall


def test_the_worked_example(office: Office) -> None:
    office.run("rate", "github.com", "productive", "--domain")
    sent = office.send(focus=FOCUS, away=AWAY)
    assert sent == {"stored": 4, "unchanged": 0, "erased": 0, "rejected": [], "warnings": []}
    checked(succeeded(office.ask(**TUESDAY)), 5400, 4770, 630, 1800, 2970, 0)

    rated = office.run("rate", "Code", "productive")
    assert (rated["matchedSubjects"], rated["changedSeconds"]) == (1, 2970)
    checked(succeeded(office.ask(**TUESDAY)), 5400, 4770, 630, 4770, 0, 0)

    office.send(away=[interval("09:50:30", "10:45:00")])
    checked(succeeded(office.ask(**TUESDAY)), 2400, 2400, 0, 2400, 0, 0)


def test_unproductive_time_and_a_team_named(office: Office) -> None:
    office.send(focus=FOCUS, away=AWAY)
    team = office.run("team", "add", "Makers")["teamId"]
    office.run("team", "join", "Makers", "anna@example.com", "--primary")
    office.run("rate", "Code", "unproductive", "--team", "Makers")
    office.run("rate", "Code", "productive")
    for whom in ({"userId": None, "teamId": [team]}, {"teamId": [team]}, {}):
        checked(succeeded(office.ask(**TUESDAY, **whom)), 5400, 4770, 630, 0, 1800, 2970)


def test_the_command_line_answers_the_same(office: Office) -> None:
    office.send(focus=FOCUS, away=AWAY)
    assert office.run("summary", "--date", "2026-02-03") == succeeded(office.ask(**TUESDAY))


def test_the_sample_body_of_trackpilots(shared_office: Office) -> None:
    answer = shared_office.ask()
    data = succeeded(answer)
    assert answer.json()["statusMessage"] == "Fetched weekly summary successfully"
    assert [row["day"] for row in data["breakdownSummary"]] == DAYS
    assert [row["date"] for row in data["breakdownSummary"]] == [f"2026-02-0{n}T00:00:00.000Z" for n in range(2, 9)]
    assert set(data) == {"breakdownSummary", "overallSummary"}
    assert set(data["overallSummary"].values()) == {0}
    for same in (
        {"offset": 0, "limit": 10},
        {"teamId": None},
        {"startDate": "2026-02-08T00:00:00", "endDate": "2026-02-08T23:59:59.000"},
        {"startDate": "2026-02-07T18:30:00Z", "endDate": "2026-02-08T23:59:59+05:30"},
    ):
        assert succeeded(shared_office.ask(**same)) == data


def test_a_new_week_start_holds_at_once(office: Office) -> None:
    office.run("policy", "--week-start", "sunday")
    rows = succeeded(office.ask())["breakdownSummary"]
    assert [row["day"] for row in rows] == [DAYS[6], *DAYS[:6]]
    assert rows[0]["date"] == "2026-02-08T00:00:00.000Z"


def test_at_most_three_statements_a_question(office: Office) -> None:
    office.send(focus=FOCUS, away=AWAY)
    team = office.run("team", "add", "Makers")["teamId"]
    for changed in ({}, {"timeZone": "America/New_York", "teamId": [team]}):
        with statements(office) as asked:
            succeeded(office.ask(**changed))
        assert 1 <= len(asked) <= 3, asked
