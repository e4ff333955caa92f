"""Two servers follow one another behind nginx and haproxy, set up as docs/operating.md says, while devices send."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.crash.test_kill import free_port, serving
from tests.running.children import Load, Team, load, until, wait_for

OPERATING = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
PAUSE_S = 0.05
LOOKED = ("--drain", "4", "--trusted-proxies", "127.0.0.1")


def said_of(proxy: str, front: int, ports: tuple[int, int]) -> str:
    """The block of the docs, with the ports of this test."""
    [block] = re.findall(rf"^```\n(# {proxy}\b.*?)^```", OPERATING, re.MULTILINE | re.DOTALL)
    for written, port in zip((8600, 8601), ports, strict=True):
        assert f"127.0.0.1:{written}" in block
        block = block.replace(f"127.0.0.1:{written}", f"127.0.0.1:{port}")
    return _AROUND[proxy](block, front)


def _nginx(block: str, front: int) -> str:
    within = block.replace("server {\n    location", f"server {{\n    listen 127.0.0.1:{front};\n    location")
    return f"events {{}}\nhttp {{\naccess_log off;\n{within}\n}}\n"


def _haproxy(block: str, front: int) -> str:
    return (
        "defaults\n    mode http\n    timeout connect 5s\n    timeout client 60s\n    timeout server 60s\n"
        f"frontend all\n    bind 127.0.0.1:{front}\n    default_backend timegrain\n{block}"
    )


_AROUND: dict[str, Callable[[str, int], str]] = {"nginx": _nginx, "haproxy": _haproxy}


@contextmanager
def proxying(proxy: str, front: int, ports: tuple[int, int], folder: Path) -> Iterator[None]:
    written = folder / f"{proxy}.conf"
    written.write_text(said_of(proxy, front, ports))
    errors = folder / f"{proxy}.log"
    global_ = f"daemon off; pid {folder / 'nginx.pid'};"
    command = {
        "nginx": ["nginx", "-p", str(folder), "-c", str(written), "-e", str(errors), "-g", global_],
        "haproxy": ["haproxy", "-db", "-f", str(written)],
    }[proxy]
    with errors.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield
        assert process.poll() is None, errors.read_text()
    finally:
        process.terminate()
        process.wait(30)


def _listens(port: int) -> bool:
    with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def _end(server: subprocess.Popen[bytes], loads: list[Load]) -> None:
    """While and after it ends the other one takes what the devices send."""
    server.send_signal(signal.SIGTERM)
    assert server.wait(60) == 0
    wait_for(loads, 20)


@pytest.mark.slow
@pytest.mark.parametrize("proxy", ["nginx", "haproxy"])
def test_nobody_notices_which_server_answers(proxy: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/timegrain.db"
    team = Team.made(url, 4)
    front, *ports = free_port(), free_port(), free_port()
    with ExitStack() as running:
        first, _ = running.enter_context(serving(url, tmp_path / "log0", *LOOKED, port=ports[0]))
        running.enter_context(proxying(proxy, front, (ports[0], ports[1]), tmp_path))
        until(lambda: _listens(front))
        with load(team, ("127.0.0.1", front), PAUSE_S) as loads:
            wait_for(loads, 20)
            second, _ = running.enter_context(serving(url, tmp_path / "log1", *LOOKED, port=ports[1]))
            _end(first, loads)
            running.enter_context(serving(url, tmp_path / "log2", *LOOKED, port=ports[0]))
            _end(second, loads)
        assert [one.refused for one in loads] == [[]] * len(loads)
    team.check(loads)
