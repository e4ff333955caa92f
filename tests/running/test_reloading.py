"""SIGHUP: a renewed certificate is used, and processes are replaced one after the other. Figures are of all of them."""

from __future__ import annotations

import signal
import ssl
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.running.children import Team, child, get, listening, load, until, wait_for

pytestmark = pytest.mark.slow


def certificate(folder: Path, name: str) -> None:
    subject = ("-subj", f"/CN={name}", "-days", "2", "-newkey", "rsa:2048", "-nodes", "-x509")
    files = ("-keyout", str(folder / "key.pem"), "-out", str(folder / "certificate.pem"))
    subprocess.run(["openssl", "req", *subject, *files], check=True, capture_output=True)


def test_a_renewed_certificate_is_used(sqlite_url: str, tmp_path: Path) -> None:
    Team.made(sqlite_url, 0)
    certificate(tmp_path, "old")
    key, file = tmp_path / "key.pem", tmp_path / "certificate.pem"
    options = ("--tls-certificate", str(file), "--tls-key", str(key))

    def shown() -> str:
        return ssl.get_server_certificate(on.getsockname(), timeout=60).strip()

    with listening() as on, child(sqlite_url, on, tmp_path / "log", *options) as server:
        old = file.read_text().strip()
        assert shown() == old
        right = key.read_bytes()
        key.write_text("no key")
        server.tell(signal.SIGHUP)
        until(lambda: '"certificate": "not read"' in server.log.read_text())
        assert shown() == old
        key.write_bytes(right)
        certificate(tmp_path, "new")
        server.tell(signal.SIGHUP)
        until(lambda: shown() == file.read_text().strip())
        server.tell(signal.SIGTERM)
        assert server.ended() == 0


def test_processes_are_replaced_and_their_figures_stay(postgres_url: str, tmp_path: Path) -> None:
    team = Team.made(postgres_url, 2)
    with listening() as on, child(postgres_url, on, tmp_path / "log", "--workers", "2") as server:
        assert get(on, "/ready")[0] == 200

        def samples() -> list[tuple[str, dict[str, str], float]]:
            status, content = get(on, "/metrics")
            assert status == 200
            families = text_string_to_metric_families(content.decode())
            return [(one.name, one.labels, one.value) for family in families for one in family.samples]

        def processes() -> set[str]:
            return {labels["pid"] for name, labels, _ in samples() if name == "process_resident_memory_bytes"}

        with load(team, on.getsockname(), pause_s=0.01) as loads:
            wait_for(loads, 20)
            until(lambda: len(processes()) == 2)
            first = processes()
            server.tell(signal.SIGHUP)
            until(lambda: len(processes() - first) == 2 and not processes() & first)
            wait_for(loads, 20)
        assert [one.refused for one in loads] == [[], []]
        acknowledged = sum(one.acknowledged for one in loads)
        [batches] = [value for name, _, value in samples() if name == "timegrain_batch_seconds_count"]
        stored = [value for name, labels, value in samples() if labels.get("outcome") == "stored"]
        assert (batches, stored) == (acknowledged, [acknowledged * 3])
        server.tell(signal.SIGTERM)
        assert server.ended() == 0
    assert server.troubles() == []
    team.check(loads)
