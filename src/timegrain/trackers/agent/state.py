"""What the agent remembers, in one SQLite file: what was acknowledged and refused, pauses, days in full.

Written only after the server's answer, so that whatever ends the agent, facts are at worst sent again, which
changes nothing there. No text of a fact is kept, only a digest of it.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from timegrain.counting.facts import Away, Focus, Page
from timegrain.counting.instants import Range
from timegrain.counting.subjects import application
from timegrain.trackers.agent.failures import FolderUnusable, PairedAnew
from timegrain.trackers.agent.home import make_private
from timegrain.trackers.events import Fact

FILE = "state.db"
LAST_SENT, WHOSE = "last_sent", "whose"
SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS acknowledged (
    list TEXT, start INTEGER, browser TEXT, end INTEGER NOT NULL, digest TEXT NOT NULL, bucket TEXT NOT NULL,
    PRIMARY KEY (list, start, browser)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
    list TEXT, start INTEGER, browser TEXT, end INTEGER NOT NULL, digest TEXT NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (list, start, browser)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pauses (start INTEGER PRIMARY KEY, end INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS days (
    bucket TEXT, day INTEGER, mark TEXT NOT NULL, PRIMARY KEY (bucket, day)
) WITHOUT ROWID;
"""


class Identity(NamedTuple):
    """What identifies a fact of one device (T12); `list` is its place in a batch."""

    list: str
    start: int
    browser: str


class Refusal(NamedTuple):
    """A fact that the server does not take, and when it said so, in milliseconds."""

    list: str
    start: int
    end: int
    code: str
    message: str
    at: int


class Gathered(NamedTuple):
    """A fact that may be sent, and the bucket it is from."""

    fact: Fact
    bucket: str


def list_of(fact: Fact) -> str:
    if isinstance(fact, Focus):
        return "focus"
    if isinstance(fact, Page):
        return "pages"
    return "away" if isinstance(fact, Away) else "present"


def identity(fact: Fact) -> Identity:
    return Identity(list_of(fact), fact.start, application(fact.browser) if isinstance(fact, Page) else "")


def digest(fact: Fact) -> str:
    """Of what the fact says, beside what identifies it."""
    said = fact[3:] if isinstance(fact, Page) else fact[2:]
    return hashlib.blake2b("\0".join(map(str, said)).encode(), digest_size=8).hexdigest()


class State:
    """Times are milliseconds. Each method that writes is one transaction."""

    def __init__(self, folder: Path) -> None:
        """Raises `FolderUnusable`."""
        try:
            make_private(folder / FILE)
            self._connection = sqlite3.connect(folder / FILE, timeout=30, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.executescript(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise FolderUnusable(f"{folder / FILE} cannot be used: {error}") from error
        self._held: str | None = None

    def close(self) -> None:
        self._connection.close()

    # --- Notes: single values by name --------------------------------------------------------------------

    def note(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def note_ms(self, name: str) -> int | None:
        value = self.note(name)
        return None if value is None else int(value)

    def write_notes(self, notes: Mapping[str, str | int | None]) -> None:
        """None removes a note."""
        with self._transaction():
            self._write_notes(notes)

    def _write_notes(self, notes: Mapping[str, str | int | None]) -> None:
        gone = [(name,) for name, value in notes.items() if value is None]
        kept = [(name, str(value)) for name, value in notes.items() if value is not None]
        self._connection.executemany("DELETE FROM notes WHERE name = ?", gone)
        self._connection.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", kept)

    def belong_to(self, whose: str) -> None:
        """Another device, person or server has acknowledged nothing yet. Pauses hold for all of them."""
        self._held = None
        with self._transaction():
            if self.note(WHOSE) != whose:
                for table in ("acknowledged", "refused", "days", "notes"):
                    self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
                self._write_notes({WHOSE: whose})

    def hold(self) -> None:
        """From now on write only while it belongs to whom it does now: what one server answered for says nothing of
        another. Raises `PairedAnew` where that changed, before anything is written."""
        self._held = self.note(WHOSE) or ""

    # --- Facts -------------------------------------------------------------------------------------------

    def unanswered(self, facts: Iterable[Gathered]) -> list[Gathered]:
        """Those that are new, or longer than or different from what was acknowledged or finally refused."""
        return [told for told in facts if not self._answered(told.fact)]

    def _answered(self, fact: Fact) -> bool:
        for table in ("acknowledged", "refused"):
            row = self._connection.execute(
                f"SELECT end, digest FROM {table} WHERE list = ? AND start = ? AND browser = ?",  # noqa: S608
                identity(fact),
            ).fetchone()
            if row is not None and (row[0] > fact.end or tuple(row) == (fact.end, digest(fact))):
                return True
        return False

    def answer(
        self,
        acknowledged: Sequence[Gathered],
        refused: Sequence[tuple[Gathered, str, str]],
        keep_from: Mapping[str, int],
        now_ms: int,
    ) -> None:
        """Keep what the server answered for. `refused` are facts with code and message; `keep_from` says from which
        end on a bucket's acknowledged facts are worth remembering: beyond, whole days are."""
        kept = [
            (*identity(told.fact), told.fact.end, digest(told.fact), told.bucket)
            for told in acknowledged
            if told.fact.end >= keep_from.get(told.bucket, 0)
        ]
        aside = [
            (*identity(told.fact), told.fact.end, digest(told.fact), code, message, now_ms)
            for told, code, message in refused
        ]
        with self._transaction():
            self._connection.executemany(
                "DELETE FROM refused WHERE list = ? AND start = ? AND browser = ?",
                [identity(told.fact) for told in acknowledged],
            )
            self._connection.executemany("INSERT OR REPLACE INTO acknowledged VALUES (?, ?, ?, ?, ?, ?)", kept)
            self._connection.executemany("INSERT OR REPLACE INTO refused VALUES (?, ?, ?, ?, ?, ?, ?, ?)", aside)
            if acknowledged:
                self._write_notes({LAST_SENT: now_ms})

    def forget(self, keep_from: Mapping[str, int]) -> None:
        """Drop acknowledged facts that ended before their bucket's mark, and all that is known of other buckets."""
        with self._transaction():
            known = self._connection.execute("SELECT DISTINCT bucket FROM acknowledged UNION SELECT bucket FROM days")
            for (bucket,) in known.fetchall():
                if bucket in keep_from:
                    mark = (bucket, keep_from[bucket])
                    self._connection.execute("DELETE FROM acknowledged WHERE bucket = ? AND end < ?", mark)
                else:
                    self._connection.execute("DELETE FROM acknowledged WHERE bucket = ?", (bucket,))
                    self._connection.execute("DELETE FROM days WHERE bucket = ?", (bucket,))

    def refusals(self) -> list[Refusal]:
        """Newest first."""
        rows = self._connection.execute("SELECT list, start, end, code, message, at FROM refused ORDER BY start DESC")
        return [Refusal(*row) for row in rows]

    # --- Days in full: a mark says what a bucket held on a day, counted from 1970, when all was answered for ---

    def marks(self, bucket: str) -> dict[int, str]:
        rows = self._connection.execute("SELECT day, mark FROM days WHERE bucket = ?", (bucket,))
        return dict(rows.fetchall())

    def write_marks(self, marks: Iterable[tuple[str, int, str]]) -> None:
        """Bucket, day and mark."""
        with self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO days VALUES (?, ?, ?)", marks)

    def forget_day(self, day: int) -> None:
        """Let it be read again, in every bucket."""
        with self._transaction():
            self._connection.execute("DELETE FROM days WHERE day = ?", (day,))

    # --- Pauses ------------------------------------------------------------------------------------------

    def pauses(self) -> list[Range]:
        return [(start, end) for start, end in self._connection.execute("SELECT start, end FROM pauses ORDER BY start")]

    def pause(self, start_ms: int, end_ms: int) -> None:
        """What happens from now till then is never sent, whatever is paused already."""
        with self._transaction():
            self._connection.execute(
                "INSERT INTO pauses VALUES (?, ?) ON CONFLICT (start) DO UPDATE SET end = max(end, excluded.end)",
                (start_ms, end_ms),
            )

    def resume(self, now_ms: int) -> None:
        """End every pause now; what was paused stays so."""
        with self._transaction():
            self._connection.execute("UPDATE pauses SET end = ? WHERE end > ? AND start <= ?", (now_ms,) * 3)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing; it waits for another agent's rather than fail in the middle."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if self._held is not None and self._held != (self.note(WHOSE) or ""):
                raise PairedAnew
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:  # a full disk can end it by itself, or fail its end
                self._connection.execute("ROLLBACK")


@contextmanager
def opened(folder: Path) -> Iterator[State]:
    """The state of a folder for a while. Raises `FolderUnusable`, also where it turns out later to be damaged."""
    with closing(State(folder)) as state:
        try:
            yield state
        except sqlite3.Error as error:
            raise FolderUnusable(f"{folder / FILE} cannot be used: {error}") from error
