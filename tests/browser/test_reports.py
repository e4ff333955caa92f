"""Reports in a browser: files that open, and pages for paper."""

from __future__ import annotations

import csv
from io import BytesIO

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.reading import violations

PATHS = ("/reports?report=month", "/reports?report=app-usage")


def test_nothing_stands_in_the_way(open_as: Opener) -> None:
    page = open_as("employee", viewport={"width": 360, "height": 900}, color_scheme="dark")
    for path in PATHS:
        page.goto(path)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("report", ["month", "extra-hours", "app-usage"])
def test_files_hold_what_is_on_screen(open_as: Opener, report: str) -> None:
    page = open_as("team lead")
    page.goto(f"/reports?report={report}")
    names = page.locator("tbody th a").all_inner_texts()
    files = []
    for format_ in ("CSV", "XLSX"):
        with page.expect_download() as found:
            page.get_by_role("link", name=format_).click()
        files.append(found.value)
    assert [one.suggested_filename.rpartition(".")[2] for one in files] == ["csv", "xlsx"]
    with files[0].path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    sheet = load_workbook(BytesIO(files[1].path().read_bytes())).active
    assert sheet is not None
    assert sheet.max_row == len(rows) + 1  # with its totals
    assert [row[0].value for row in sheet.iter_rows(2, len(rows))] == [row[0] for row in rows[1:]]
    assert {row[0] for row in rows[1:]} == set(names) != set()


def test_on_paper(open_as: Opener) -> None:
    page = open_as("team lead")
    page.goto(PATHS[0])
    page.emulate_media(media="print")
    for gone in (".nav", ".pick", ".me", ".chips", ".report-head .btn"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.locator(".muster")).to_be_visible()
