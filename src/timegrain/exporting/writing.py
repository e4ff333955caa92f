"""A sheet into a file, row by row: CSV, XLSX, JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import chain, islice
from typing import Any, BinaryIO, Literal

import msgspec
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from timegrain.exporting.sheets import Cell, Column, Kind, Sheet

FileFormat = Literal["csv", "xlsx", "json"]
MEDIA_TYPES: dict[FileFormat, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""A text that begins so is a formula to spreadsheets that open CSV, the wide ones to some in East Asia."""
_RUNS = frozenset(RUNS_AS_FORMULA)
ROWS_A_SHEET = 1_000_000
"""A spreadsheet takes 1,048,576; what is more goes into further sheets."""

_NUMBER_FORMATS = {
    Kind.DAY: "yyyy-mm-dd",
    Kind.CLOCK: "yyyy-mm-dd hh:mm:ss",
    Kind.INSTANT: "yyyy-mm-dd hh:mm:ss.000",
    Kind.DURATION: "[h]:mm:ss",
    Kind.COUNT: "0",
    Kind.SHARE: "0.0%",
}
_SECONDS_A_DAY = 86400


def write(sheet: Sheet, format_: FileFormat, file: BinaryIO) -> None:
    {"csv": _csv, "xlsx": _xlsx, "json": _json}[format_](sheet, file)


def _written(cell: Cell, kind: Kind) -> str | int | float | None:
    """As CSV and JSON have it: dates as text, durations in seconds."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, datetime):
        return f"{cell.isoformat(timespec='milliseconds')}Z" if kind is Kind.INSTANT else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date) else cell


def _csv(sheet: Sheet, file: BinaryIO) -> None:
    """RFC 4180 in UTF-8."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(column.name for column in sheet.columns)
    kinds = [column.kind for column in sheet.columns]
    for row in sheet.rows:
        # Millions of facts have ten cells each.
        writer.writerow(
            [
                (f"'{cell}" if cell[:1] in _RUNS else cell) if type(cell) is str else _written(cell, kind)
                for cell, kind in zip(row, kinds, strict=True)
            ]
        )
    text.detach()


def _json(sheet: Sheet, file: BinaryIO) -> None:
    """One array of objects."""
    names = [column.name for column in sheet.columns]
    kinds = [column.kind for column in sheet.columns]
    before = b"["
    for row in sheet.rows:
        cells = (_written(cell, kind) for cell, kind in zip(row, kinds, strict=True))
        file.write(before + msgspec.json.encode(dict(zip(names, cells, strict=True))))
        before = b",\n"
    file.write(b"]" if before == b",\n" else b"[]")


def _xlsx(sheet: Sheet, file: BinaryIO) -> None:
    with xlsxwriter.Workbook(
        file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        bold = book.add_format({"bold": True})
        formats = {kind: book.add_format({"num_format": text}) for kind, text in _NUMBER_FORMATS.items()}
        totals = book.add_format({"bold": True, "num_format": _NUMBER_FORMATS[Kind.DURATION]})
        number, first = 1, next(sheet.rows, None)
        while number == 1 or first is not None:
            page = book.add_worksheet(sheet.name if number == 1 else f"{sheet.name} {number}")
            _head(page, sheet.columns, bold)
            some = islice(chain([] if first is None else [first], sheet.rows), ROWS_A_SHEET)
            sums, end = _rows(page, sheet.columns, some, formats)
            _totals(page, sheet.columns, sums, end, bold, totals)
            number, first = number + 1, next(sheet.rows, None)


def _head(page: Worksheet, columns: Sequence[Column], bold: Format) -> None:
    page.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        page.set_column(place, place, 24 if column.kind in (Kind.TEXT, Kind.INSTANT, Kind.CLOCK) else 14)
        page.write_string(0, place, column.title, bold)


def _rows(
    page: Worksheet, columns: Sequence[Column], rows: Iterable[tuple[Cell, ...]], formats: dict[Kind, Format]
) -> tuple[list[int], int]:
    """The sums of the durations by column, and the number of the next row."""
    sums, line = [0] * len(columns), 1
    for row in rows:
        for place, (cell, column) in enumerate(zip(row, columns, strict=True)):
            if cell is None:
                continue
            _cell(page, line, place, cell, column.kind, formats)
            if column.kind is Kind.DURATION:
                sums[place] += int(cell)  # type: ignore[arg-type]
        line += 1
    return sums, line


def _cell(page: Worksheet, line: int, place: int, cell: Any, kind: Kind, formats: dict[Kind, Format]) -> None:
    if kind is Kind.TEXT:
        _text(page, line, place, cell)
    elif kind is Kind.DURATION:
        page.write_number(line, place, cell / _SECONDS_A_DAY, formats[kind])
    elif kind in (Kind.COUNT, Kind.SHARE):
        page.write_number(line, place, cell, formats[kind])
    else:
        page.write_datetime(line, place, cell, formats[kind])


def _text(page: Worksheet, line: int, place: int, cell: str) -> None:
    if cell.startswith("<r>") and cell.endswith("</r>"):
        # The writer takes such a string for its own marked-up text and lets it through as it is; parts it escapes.
        page.write_rich_string(line, place, cell[0], cell[1], cell[2:])
    else:
        page.write_string(line, place, cell)


def _totals(
    page: Worksheet, columns: Sequence[Column], sums: Sequence[int], end: int, bold: Format, totals: Format
) -> None:
    """Formulas, with their values for whoever does not compute. Without a row there is nothing to add up."""
    if end == 1 or not any(column.kind is Kind.DURATION for column in columns):
        return
    page.write_string(end, 0, "Total", bold)
    for place, column in enumerate(columns):
        if column.kind is Kind.DURATION:
            name = xl_col_to_name(place)
            page.write_formula(end, place, f"=SUM({name}2:{name}{end})", totals, sums[place] / _SECONDS_A_DAY)
