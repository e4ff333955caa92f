"""Sending facts and erasing them: what becomes of each entry, and who may."""

from __future__ import annotations

import gzip
import json
from hashlib import sha512
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.contract.served import ACTIVITY, NOBODY, Office, bearing, failed, fields, serving, succeeded

FACT = {"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T09:10:00Z", "app": "Code"}
RANGE = {"startDate": "2026-02-03 09:00:00", "endDate": "2026-02-03 09:59:59", "timeZone": "UTC"}


def total(office: Office) -> int:
    data = succeeded(office.ask(startDate="2026-02-03 00:00:00", endDate="2026-02-03 23:59:59", timeZone="UTC"))
    seconds: int = data["overallSummary"]["totalTimeSpendSeconds"]
    return seconds


def erase(office: Office, **changed: Any) -> dict[str, int]:
    return succeeded(office.call(ACTIVITY, {"userId": office.user, **RANGE, **changed}, method="DELETE"))


def test_the_longer_form_of_a_fact_stays(office: Office) -> None:
    longer, shorter = {**FACT, "end": "2026-02-03T09:15:00Z"}, {**FACT, "end": "2026-02-03T09:05:00Z"}
    counts = []
    for fact in (FACT, FACT, longer, shorter):
        data = office.send(focus=[fact])
        counts.append((data["stored"], data["unchanged"]))
    assert counts == [(1, 0), (0, 1), (1, 0), (0, 1)]
    assert total(office) == 900


def test_entries_that_are_refused(office: Office) -> None:
    bad = [
        ({**FACT, "end": "2026-02-03T08:59:59.999Z"}, "END_BEFORE_START"),
        ({**FACT, "end": "2026-02-04T09:00:00.001Z"}, "TOO_LONG"),
        ({**FACT, "start": "2099-02-03T08:00:00Z", "end": "2099-02-03T08:00:01Z"}, "IN_THE_FUTURE"),
        ({**FACT, "start": "1999-12-31T23:59:59.999Z", "end": "2000-01-01T00:00:00Z"}, "TOO_OLD"),
        ({**FACT, "start": "2026-02-03T09:00:00"}, "BAD_ENTRY"),
        ({**FACT, "app": 5}, "BAD_ENTRY"),
        ({**FACT, "app": "x" * 256}, "BAD_ENTRY"),
        ({**FACT, "url": "https://a.example/" + "x" * 4096}, "BAD_ENTRY"),
        ({**FACT, "colour": "red"}, "BAD_ENTRY"),
        ({"start": FACT["start"], "end": FACT["end"]}, "BAD_ENTRY"),
        ("noon", "BAD_ENTRY"),
    ]
    day = {"start": "2026-02-04T00:00:00Z", "end": "2026-02-05T00:00:00Z"}
    away = [{"start": "2026-02-03T09:00:00Z"}, day]
    focus = [FACT, *(entry for entry, _ in bad), {**FACT, "start": "2026-02-03T09:05:00Z"}]
    data = office.send(focus=focus, away=away)
    expected = [("focus", place, code) for place, (_, code) in enumerate(bad, 1)]
    refused = data["rejected"]
    assert [(one["list"], one["index"], one["code"]) for one in refused] == [*expected, ("away", 0, "BAD_ENTRY")]
    assert [one["code"] for one in refused if one["retryable"]] == ["IN_THE_FUTURE"]
    assert all(one["message"] for one in refused)
    assert data["stored"] == 3
    assert [one["code"] for one in data["warnings"]] == ["CLOCK_SKEW"]
    assert "colour" in next(one["message"] for one in refused if one["index"] == 9)


def test_a_host_longer_than_an_index_takes_costs_no_second(office: Office) -> None:
    """Its URL is not too long: the fact counts, for the application."""
    host = "".join(sha512(bytes([n])).hexdigest() for n in range(31))
    page = {"start": FACT["start"], "end": FACT["end"], "browser": "chrome", "url": f"https://{host}.example/"}
    data = office.send(focus=[{**FACT, "url": f"https://{host}/"}], pages=[page])
    assert (data["stored"], data["rejected"]) == (2, [])
    assert total(office) == 600
    rated = office.run("rate", FACT["app"], "productive", "--app")
    assert rated["changedSeconds"] == 600


def test_all_four_kinds_are_stored(office: Office) -> None:
    ends = {"start": FACT["start"], "end": FACT["end"]}
    page = {**ends, "browser": "chrome", "url": "https://github.com/pulls", "title": "Pull requests"}
    assert office.send(focus=[FACT], pages=[page], away=[ends], present=[ends])["stored"] == 4
    assert office.send(focus=None, pages=[])["stored"] == 0


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_compressed_bodies(office: Office, encoding: str) -> None:
    pack = gzip.compress if encoding == "gzip" else zstandard.ZstdCompressor().compress
    body = json.dumps({"userId": office.user, "device": "d", "focus": [FACT]}).encode()
    headers = {**bearing(office.admin), "Content-Type": "application/json", "Content-Encoding": encoding}
    assert succeeded(office.client.post(ACTIVITY, content=pack(body), headers=headers))["stored"] == 1
    assert total(office) == 600
    failed(office.client.post(ACTIVITY, content=body, headers=headers), 400, "VALIDATION_ERROR")
    failed(office.client.post(ACTIVITY, content=pack(body)[:-9], headers=headers), 400, "VALIDATION_ERROR")


def test_a_device_token_sends_its_own_alone(office: Office) -> None:
    made = office.run("user", "add", "--name", "Ben", "--email", "ben@example.com")
    token, ben = made["deviceToken"], made["userId"]
    for own in ({}, {"userId": ben}, {"device": "default"}, {"userId": ben, "device": "default"}):
        data = succeeded(office.call(ACTIVITY, {"focus": [FACT], **own}, token))
        assert data["stored"] + data["unchanged"] == 1
    for other in ({"userId": office.user}, {"userId": NOBODY}, {"device": "other"}):
        failed(office.call(ACTIVITY, {"focus": [FACT], **other}, token), 403, "FORBIDDEN")
    assert total(office) == 0
    failed(office.ask(token), 403, "FORBIDDEN")
    body = {"userId": ben, **RANGE}
    failed(office.call(ACTIVITY, body, token, method="DELETE"), 403, "FORBIDDEN")


@pytest.mark.parametrize("missing", ["userId", "device"])
def test_a_key_names_user_and_device(shared_office: Office, missing: str) -> None:
    body = {"userId": shared_office.user, "device": "d", "focus": [FACT]}
    del body[missing]
    assert fields(failed(shared_office.call(ACTIVITY, body), 400, "VALIDATION_ERROR")) == [missing]


def test_more_entries_than_a_batch_holds(shared_office: Office) -> None:
    body = {"userId": shared_office.user, "device": "d", "away": [{}] * 10_001}
    failed(shared_office.call(ACTIVITY, body), 413, "PAYLOAD_TOO_LARGE")


def test_what_was_erased_stays_out(office: Office) -> None:
    outside = {**FACT, "start": "2026-02-03T11:00:00Z", "end": "2026-02-03T11:01:00Z"}
    office.send(focus=[FACT, outside])
    assert erase(office) == {"facts": 1, "erasedSeconds": 600}
    assert total(office) == 60
    assert office.send(focus=[FACT, outside]) | {"warnings": []} == {
        "stored": 0,
        "unchanged": 1,
        "erased": 1,
        "rejected": [],
        "warnings": [],
    }
    assert total(office) == 60


def test_a_fact_over_an_erased_edge_counts_outside(office: Office) -> None:
    office.send(focus=[{**FACT, "start": "2026-02-03T08:50:00Z"}])
    assert erase(office) == {"facts": 0, "erasedSeconds": 600}
    assert total(office) == 600


def test_a_correction_may_be_sent_again(office: Office) -> None:
    over = {**FACT, "start": "2026-02-03T09:50:00Z", "end": "2026-02-03T10:10:00Z"}
    office.send(focus=[FACT, over])
    assert erase(office, remember=False) == {"facts": 2, "erasedSeconds": 1800}
    assert total(office) == 0
    assert office.send(focus=[FACT])["stored"] == 1
    assert total(office) == 600


def test_erasing_one_device_leaves_the_others(office: Office) -> None:
    office.send(focus=[FACT])
    office.send(focus=[FACT], device="tablet")
    assert erase(office, device="tablet")["facts"] == 1
    assert total(office) == 600


def test_no_byte_of_erased_text_stays(sqlite_url: str) -> None:
    with serving(sqlite_url) as office:
        office.run("policy", "--titles", "managers", "--urls", "full")
        secret = {"app": "Zanzibar", "url": "https://quokka.example/wombat", "title": "Numbat"}
        office.send(focus=[{**FACT, **secret}])
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        files = [path, path.with_name(f"{path.name}-wal")]
        words = (b"zanzibar", b"quokka", b"wombat", b"numbat")

        def held() -> set[bytes]:
            content = b"".join(file.read_bytes().lower() for file in files if file.exists())
            return {word for word in words if word in content}

        assert held() == set(words)
        erase(office)
        assert held() == set()


def test_a_device_name_that_is_too_long_refuses_each_entry(shared_office: Office) -> None:
    fact = {"start": "2026-02-03T09:00:00Z", "end": "2026-02-03T09:10:00Z"}
    body = {"userId": shared_office.user, "device": "x" * 256, "focus": [{**fact, "app": "a"}], "away": [fact, fact]}
    data = succeeded(shared_office.call(ACTIVITY, body))
    assert [(one["list"], one["index"], one["code"]) for one in data["rejected"]] == [
        ("focus", 0, "BAD_ENTRY"),
        ("away", 0, "BAD_ENTRY"),
        ("away", 1, "BAD_ENTRY"),
    ]
    assert data["stored"] == 0


@pytest.mark.parametrize("bad", [b"caf\xe9", b"\xff", b"\xed\xa0\x80"])
def test_an_entry_that_is_no_text_is_refused_alone(office: Office, bad: bytes) -> None:
    written = json.dumps({"userId": office.user, "device": "d", "focus": [{**FACT, "app": "?"}, FACT]}).encode()
    headers = {**bearing(office.admin), "Content-Type": "application/json"}
    data = succeeded(office.client.post(ACTIVITY, content=written.replace(b"?", bad, 1), headers=headers))
    assert (data["stored"], [(one["index"], one["code"]) for one in data["rejected"]]) == (1, [(0, "BAD_ENTRY")])
