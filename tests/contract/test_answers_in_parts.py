"""What many people are asked for is read a few at a time, and comes to the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.served import Office, statements
from timegrain.api import listing
from timegrain.exporting import reports
from timegrain.figures import attendance, pieces, timeline, timesheet

RANGE = {"startDate": "2026-02-06 00:07:00", "endDate": "2026-02-09 23:59:59", "timeZone": "America/New_York"}
MONTH = {"year": 2026, "month": 2, "timeZone": "America/New_York"}
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("/v1/proof-of-work/timesheet", RANGE),
    ("/v1/proof-of-work/timesheet", {**RANGE, "offset": 1}),
    ("/v1/proof-of-work/timeline", {**RANGE, "offset": 1}),
    ("/v1/report-analysis/monthly-summary", MONTH),
    ("/v1/report-analysis/extra-hours-summary", MONTH),
    ("/v1/export", {**RANGE, "report": "facts", "format": "csv"}),
    ("/v1/export", {**RANGE, "report": "timesheet", "format": "json"}),
]


def test_answers_are_the_same_in_parts(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [office.run("user", "add", "--name", name, "--email", f"{name}@example.com")["userId"] for name in "bcd"]
    people = [office.user, *others]
    for place, user in enumerate(people[:3]):
        start, end = f"2026-02-08T{place + 1:02d}:02:00Z", f"2026-02-08T{place + 6:02d}:44:10Z"
        office.send(userId=user, focus=[{"start": start, "end": end, "app": f"app {place}", "title": "t"}])
    bodies = [(path, {**body, "userId": people}) for path, body in ASKED]
    whole = [office.call(path, body) for path, body in bodies]
    assert {one.status_code for one in whole} == {200}
    for module, name in (
        (timesheet, "DAYS_AT_ONCE"),
        (timeline, "DAYS_AT_ONCE"),
        (timeline, "OTHERS_AT_ONCE"),
        (attendance, "DAYS_AT_ONCE"),
        (reports, "DAYS_OF_FACTS"),
        (pieces, "AT_ONCE"),
        (listing, "SMALL"),
    ):
        monkeypatch.setattr(module, name, 1)
    for (path, body), one in zip(bodies, whole, strict=True):
        with statements(office) as counted:
            again = office.call(path, body)
        assert again.content == one.content, path
        assert len(counted) > 3, "it was not read in parts"
