"""`POST /v1/export`: a report as a file."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import TemporaryFile
from typing import Any, BinaryIO, NamedTuple

from litestar import Response
from litestar.response import Stream

from timegrain import clock
from timegrain.api.calls import Call, Given
from timegrain.api.listing import chunks
from timegrain.api.ranges import PeopleAsked, RangeRequest, read_range
from timegrain.api.routes import Route
from timegrain.api.timeline import titles_shown
from timegrain.exporting.reports import ReportName, Wanted, report
from timegrain.exporting.writing import MEDIA_TYPES, FileFormat, write

PAGES: dict[ReportName, str] = {
    "timesheet": "/proof-of-work/timesheet",
    "app-usage": "/proof-of-work/app-usage",
    "monthly": "/report-analysis",
    "facts": "/proof-of-work/timeline",
}
"""What opens each report."""


class ExportRequest(RangeRequest, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """Dates are wall-clock time in `timeZone`, the end inclusive to the second."""

    format: FileFormat
    report: ReportName


class _Export(NamedTuple):
    asked: PeopleAsked
    format: FileFormat
    report: ReportName
    name: str
    """Of the file."""


def _read(given: Given) -> _Export:
    body: ExportRequest = given.body
    asked = read_range(given)
    name = f"{body.report}-{body.start_date[:10]}-{body.end_date[:10]}.{body.format}"
    return _Export(asked, body.format, body.report, name)


def _pages(export: _Export) -> tuple[str, ...]:
    return (PAGES[export.report],)


def _export(call: Call, export: _Export) -> Response[Any]:
    """Written while the transaction is open, and sent after it: a slow reader holds nothing up."""
    asked = export.asked
    profiles = call.profiles(asked.users, asked.teams)
    titles_of = frozenset(titles_shown(call, profiles))
    wanted = Wanted(call.asker, profiles, asked.range, asked.zone, clock.now(), titles_of)
    file = filled(lambda file: write(report(export.report, wanted), export.format, file))
    headers = {"Content-Disposition": f'attachment; filename="{export.name}"'}
    return Stream(chunks(file), media_type=MEDIA_TYPES[export.format], headers=headers)


def filled(fill: Callable[[BinaryIO], None]) -> BinaryIO:
    """A file of no name, to be read from its beginning by `chunks`."""
    file = TemporaryFile()  # noqa: SIM115 - the answer reads and closes it
    try:
        fill(file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


ROUTES = (
    Route(
        method="POST",
        path="/v1/export",
        name="postExport",
        summary="A report as a file",
        body=ExportRequest,
        read=_read,
        pages=_pages,
        files=tuple(MEDIA_TYPES.values()),
        long=True,
        work=_export,
    ),
)
