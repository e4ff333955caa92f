"""What SQLite says when it cannot, in words that say what to do."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from timegrain.errors import TimegrainError, TookTooLong, Unavailable

_LITTLE = 1024 * 1024
"""Bytes: a disk with less than this free is as good as full."""

DAMAGED = "the database file is damaged, or none of a database: stop the server and put a backup in its place"
BUSY = "another process writes to the database for long; send again"
FULL = "the disk is full: free some space on it; nothing of this was kept"


class Fault(Unavailable):
    """A fault of the file or its disk. After one that is `lasting` a connection is of no more use."""

    def __init__(self, message: str, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting
        self.noted = False
        """Whether the log has it."""


_TOLD = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_PROTOCOL: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_NOMEM: "there is no memory left for the database; send again",
}


def as_known(error: BaseException | None, path: Path) -> TimegrainError | None:
    """The error of a driver as ours; None for what is no fault of the file, the disk or the load."""
    extended = getattr(error, "sqlite_errorcode", None)
    if extended is None:
        return None
    code = extended & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return TookTooLong("this question takes too long: ask for fewer people or fewer days")
    if code == sqlite3.SQLITE_IOERR:
        return Fault(FULL if _is_full(path) else _unwritten(path))
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        what = f"{path.name}, what is beside it or the folder"
        return Fault(f"the database cannot be written: {what} is read-only; questions go on", lasting=True)
    if code == sqlite3.SQLITE_CANTOPEN:
        return Fault(_unopened(path), lasting=True)
    return Fault(_TOLD[code], lasting=_TOLD[code] == DAMAGED) if code in _TOLD else None


def _is_full(path: Path) -> bool:
    try:
        there = os.statvfs(path.parent)
    except OSError:
        return False
    return there.f_bavail * there.f_frsize < _LITTLE


def _unwritten(path: Path) -> str:
    return f"{path.name} cannot be read or written (I/O error): a failing disk, a quota, or a limit on a file's size"


def _unopened(path: Path) -> str:
    """Why a file does not open: SQLite does not say, so it is tried."""
    try:
        os.close(os.open(path, os.O_RDWR))
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            return "too many files are open: raise the limit on open files (ulimit -n)"
        if error.errno == errno.ENOENT:
            return gone(path)
        return f"the database file cannot be opened: {error.strerror}: {path.name}"
    return (
        f"the database cannot be opened: the files beside {path.name} (-wal, -shm) cannot be made; is the folder "
        "read-only, or the disk full?"
    )


def gone(path: Path) -> str:
    return f"the database file {path.name} is gone: put it back, with the -wal file beside it"


def replaced(path: Path) -> str:
    return (
        f"another file took the place of the database {path.name}: put the old one back; to go on with the new one "
        f"stop the server, remove {path.name}-wal and {path.name}-shm, and start it"
    )
