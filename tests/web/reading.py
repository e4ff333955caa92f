"""What a page says, read from its bytes: its tables, their cells, where each link leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Link:
    to: str
    attributes: dict[str, str]
    text: str = ""


@dataclass
class Cell:
    text: str = ""
    links: list[Link] = field(default_factory=list)


@dataclass
class Table:
    """`place`: the id of the details around it, or its class."""

    place: str
    rows: list[list[Cell]] = field(default_factory=list)

    def column(self, name: str) -> list[str]:
        """Below the heading, the foot too."""
        at = [cell.text for cell in self.rows[0]].index(name)
        return [row[at].text for row in self.rows[1:] if len(row) > at]

    def row(self, name: str) -> list[Cell]:
        return next(row for row in self.rows if row[0].text == name)


class Read(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.links: list[Link] = []
        self.text = ""
        self._place = ""
        self._link: Link | None = None
        self._cell: Cell | None = None
        self.feed(html)

    def table(self, place: str) -> Table:
        return next(one for one in self.tables if one.place == place)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "details":
            self._place = given.get("id", "")
        elif tag == "table":
            self.tables.append(Table(self._place or given.get("class", "")))
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in ("th", "td"):
            self._cell = Cell()
            self.tables[-1].rows[-1].append(self._cell)
        elif tag == "a":
            self._link = Link(given.get("href", ""), given)
            self.links.append(self._link)
            if self._cell:
                self._cell.links.append(self._link)

    def handle_endtag(self, tag: str) -> None:
        if tag == "details":
            self._place = ""
        elif tag in ("th", "td"):
            self._cell = None
        elif tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        said = " ".join(data.split())
        if not said:
            return
        self.text += f" {said}"
        for one in (self._link, self._cell):
            if one is not None:
                one.text = f"{one.text} {said}".strip()


def seconds_of(text: str) -> int:
    """`290:22:00`."""
    hours, minutes, seconds = map(int, text.split(":"))
    return hours * 3600 + minutes * 60 + seconds
