"""The real ActivityWatch server as a fixture: installed once, started, filled through its own client.

`aw_export` is the path of the file that it exports; `known_week` says what is in it. A server that cannot be
installed or started is an error, not a skip.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from . import known_week

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements" / "aw-server.txt"
READY_WITHIN_S = 60


def environment(home: Path) -> dict[str, str]:
    """Everything that ActivityWatch writes goes under `home`, and no proxy stands between."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("DATA", "CONFIG", "CACHE", "STATE")}
    return kept | folders | {"HOME": str(home), "USERPROFILE": str(home), "PYTHONPATH": ""}


def _install(folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(_python(folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "--require-hashes", "-r", str(REQUIREMENTS)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"aw-server could not be installed:\n{done.stderr[-2000:]}")


def _python(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def installed() -> Path:
    """The Python of an environment that holds the peer, kept under `.cache` for the next run."""
    cache = ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = cache / f"aw-server-{wanted}"
    if not folder.exists():
        # Made beside and renamed: a run that was cut short, or another one at the same time, leaves no
        # half environment under the final name. What is run from it is run by `python -m`, which may move.
        unfinished = Path(tempfile.mkdtemp(prefix="aw-server-", dir=cache))
        try:
            _install(unfinished)
            with suppress(OSError):  # another run was first
                unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return _python(folder)


@pytest.fixture(scope="session")
def aw_python() -> Path:
    return installed()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_until_ready(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(f"{address}/api/0/info", trust_env=False).is_success:
                return
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=0.05)
            break
    raise RuntimeError(f"aw-server did not get ready:\n{log.read_text(errors='replace')[-2000:]}")


@contextmanager
def running(python: Path, home: Path) -> Iterator[str]:
    """The address of an empty server, which keeps everything under `home` and ends with this."""
    port, log = _free_port(), home / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(python), "-m", "aw_server", "--testing", "--host", "127.0.0.1", "--port", str(port)],
            env=environment(home),
            cwd=home,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(server, address, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="session")
def aw_server(aw_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server that holds the known week."""
    home = tmp_path_factory.mktemp("aw-server")
    with running(aw_python, home) as address:
        filled = subprocess.run(
            [str(aw_python), str(Path(__file__).with_name("fill_aw_server.py")), address.rpartition(":")[2]],
            input=json.dumps(known_week.BUCKETS),
            env=environment(home),
            cwd=home,
            check=False,
            capture_output=True,
            text=True,
        )
        if filled.returncode:
            raise RuntimeError(f"aw-server could not be filled:\n{filled.stderr[-2000:]}")
        yield address


@pytest.fixture(scope="session")
def aw_export(aw_server: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The known week, as the real server exports it."""
    answer = httpx.get(f"{aw_server}/api/0/export", trust_env=False).raise_for_status()
    path = tmp_path_factory.mktemp("aw-export") / "aw-buckets-export.json"
    path.write_bytes(answer.content)
    return path
