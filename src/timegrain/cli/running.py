"""`serve` and `demo`."""

from __future__ import annotations

import ipaddress
import json
import logging
import math
import os
import re
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import uvicorn

from timegrain import clock
from timegrain import workers as worker
from timegrain.api.app import SLOW_MS, Observed
from timegrain.api.metrics import FOLDER as METRICS_FOLDER
from timegrain.cli.session import Session, base_address, command, default_path
from timegrain.connections import Bounded
from timegrain.ending import Ending, read_certificate
from timegrain.errors import Refused, Unavailable
from timegrain.sample.organisation import sample_organisation
from timegrain.seeding import store_sample
from timegrain.serving import whole_app
from timegrain.storage.engine import Database
from timegrain.storage.migrations import ensure_current, migrate
from timegrain.storage.postgresql import POOL_SIZE
from timegrain.systemd import handed_sockets, notify_well, taken
from timegrain.zonedata import bring_up_to_date

AGAIN_S = 0.5
"""How soon a database that is not there yet is asked again."""

GRACE_S = 30.0
NOTIFY_S = 10
"""A service manager is told this often that all is well."""

WORKER_S = 30
"""How long a process may take to answer for the first time, or not answer whoever began it: it is ended then."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where and how the server listens."""

    host: str
    port: int
    public_url: str = ""
    trusted_proxies: str = ""
    tls: tuple[Path, Path] | None = None
    fd: int | None = None
    """A socket that whoever started the server listens with; in the place of host and port."""


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origins(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for one in given:
        if not re.fullmatch(r"https?://[^/\s]+", one):
            raise click.BadParameter(f"{one!r} is not an origin such as https://dashboard.example.com")
    return given


@command(None, "serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8600, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--pool-size", default=POOL_SIZE, show_default=True, type=click.IntRange(1, 500), help="A process.")
@click.option("--wait", "wait_s", default=0, type=click.IntRange(0, 3600), metavar="SECONDS", help="For the database.")
@click.option("--trusted-proxies", default="", metavar="ADDRESSES", help="Whose X-Forwarded headers are believed.")
@click.option(
    "--public-url",
    default="",
    callback=base_address,
    envvar=worker.PUBLIC_URL,
    metavar="URL",
    help="Where clients reach the server.",
)
@click.option("--tls-certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tls-key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--slow-ms", default=SLOW_MS, show_default=True, type=click.IntRange(0), help="A warning from here on.")
@click.option("--cors-origin", "cors_origins", multiple=True, callback=_origins, metavar="URL", help="May be repeated.")
@click.option("--insecure", is_flag=True, help="Listen beyond this computer without TLS or a proxy.")
@click.option("--fd", type=click.IntRange(3), metavar="NUMBER", help="A listening socket that was handed over.")
@click.option("--drain", default=0.0, show_default=True, type=click.FloatRange(0, 600), help="Seconds.")
@click.option("--grace", default=GRACE_S, show_default=True, type=click.FloatRange(1, 600), help="Seconds.")
@click.option("--metrics-token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def serve(
    session: Session,
    host: str,
    port: int,
    workers: int,
    pool_size: int,
    wait_s: int,
    trusted_proxies: str,
    public_url: str,
    tls_certificate: Path | None,
    tls_key: Path | None,
    slow_ms: int,
    cors_origins: tuple[str, ...],
    insecure: bool,
    fd: int | None,
    drain: float,
    grace: float,
    metrics_token_file: Path | None,
) -> None:
    """The server, on a database that it brings up to date."""
    if bool(tls_certificate) != bool(tls_key):
        raise click.UsageError("--tls-certificate and --tls-key go together")
    tls = (tls_certificate, tls_key) if tls_certificate and tls_key else None
    if not (_loopback(host) or tls or trusted_proxies or insecure):
        raise Refused(
            f"{host} is reached from other computers: give --tls-certificate and --tls-key, "
            "--trusted-proxies, or --insecure"
        )
    with session.database(current=False, pool_size=pool_size) as database:
        if workers > 1 and database.is_sqlite:
            raise Refused("SQLite has one writer: --workers must be 1, or the database PostgreSQL")
        _wait_for(database, wait_s)
        ensure_current(database)
        bring_up_to_date(database)
        listening = Listening(host, port, public_url, trusted_proxies, tls, fd)
        sockets = _sockets(listening)
        token_file = str(metrics_token_file or "")
        token = worker.read_token(token_file)
        if metrics_token_file is not None and not token:
            raise Refused(f"{metrics_token_file} holds no token")
        session.answer({"url": _url(listening)}, f"timegrain answers at {_url(listening)}")
        if workers == 1:
            ending = Ending(drain, grace)
            proxied = bool(trusted_proxies)
            app = whole_app(database, public_url, True, slow_ms, cors_origins, proxied, token, ending.begun)
            _run(app, listening, sockets, ending)
            return
    os.environ[worker.DATABASE] = session.url
    os.environ[worker.POOL_SIZE] = str(pool_size)
    os.environ[worker.PUBLIC_URL] = public_url
    os.environ[worker.SLOW_MS] = str(slow_ms)
    os.environ[worker.CORS_ORIGINS] = " ".join(cors_origins)
    os.environ[worker.PROXIED] = "1" if trusted_proxies else ""
    os.environ[worker.METRICS_TOKEN_FILE] = token_file
    os.environ[worker.DRAIN], os.environ[worker.GRACE] = str(drain), str(grace)
    with ExitStack() as files:
        _share(files)
        config = _config("timegrain.workers:app", listening, grace, workers)
        worker.Workers(config, sockets, files.close).run()


def _share(files: ExitStack) -> None:
    """Make what the processes keep in files, until the end. Raises `Refused` where there is no room for it."""
    from timegrain.api.shared import SharedTable  # Windows has no such file

    try:
        folder = files.enter_context(tempfile.TemporaryDirectory(prefix="timegrain-metrics-"))
        shared = files.enter_context(tempfile.NamedTemporaryFile(prefix="timegrain-"))  # noqa: SIM115
        SharedTable(Path(shared.name)).close()
    except OSError as error:
        raise Refused(f"{tempfile.gettempdir()}, where processes share what they know: {error.strerror}") from error
    os.environ[METRICS_FOLDER], os.environ[worker.SHARED] = folder, shared.name


def _wait_for(database: Database, seconds: int) -> None:
    """Until the database answers. Raises `Unavailable`, saying which it is, but no password."""
    until = time.monotonic() + seconds
    while True:
        try:
            return database.ping()
        except Unavailable as error:
            if time.monotonic() >= until:
                raise Unavailable(f"{error.message}: {database.place}") from error
        time.sleep(AGAIN_S)


def _url(listening: Listening) -> str:
    host = f"[{listening.host}]" if ":" in listening.host else listening.host
    scheme = "https" if listening.tls else "http"
    return listening.public_url or f"{scheme}://{host}:{listening.port}"


def _sockets(listening: Listening) -> list[socket.socket]:
    """Those that were handed over, or new ones at the address. Raises `Refused` where it cannot be had."""
    try:
        if listening.fd is not None:
            return [taken(listening.fd)]
        return handed_sockets() or _bound(listening.host, listening.port)
    except OSError as error:
        where = f"{listening.host}:{listening.port}" if listening.fd is None else f"--fd {listening.fd}"
        raise Refused(f"{where}: {error.strerror or error}") from error


def _bound(host: str, port: int) -> list[socket.socket]:
    made = []
    for family, kind, protocol, _, address in dict.fromkeys(
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    ):
        one = socket.socket(family, kind, protocol)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        made.append(one)
    return made


def _config(app: Callable[[], Observed] | str, listening: Listening, grace: float, workers: int = 1) -> uvicorn.Config:
    """Several workers make the application each, from its place in the code."""
    return uvicorn.Config(
        app,
        factory=True,
        workers=workers,
        http=Bounded,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=math.ceil(grace),
        callback_notify=notify_well,
        timeout_notify=NOTIFY_S,
        timeout_worker_healthcheck=WORKER_S,
        proxy_headers=bool(listening.trusted_proxies),
        forwarded_allow_ips=listening.trusted_proxies or None,
        ssl_certfile=listening.tls[0] if listening.tls else None,
        ssl_keyfile=listening.tls[1] if listening.tls else None,
    )


def _run(app: Observed, listening: Listening, sockets: list[socket.socket], ending: Ending) -> None:
    """Until it is told to end."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")

    def loaded() -> Observed:
        ending.listen(alone=True)
        signal.signal(signal.SIGHUP, lambda *_: read_certificate(config.ssl, listening.tls))
        return app

    config = _config(loaded, listening, ending.grace_s)
    # The HTTP server sends itself again, once it has ended, what ended it: that was no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets)


@command(None, "demo")
@click.option("--port", default=8600, show_default=True, type=click.IntRange(1, 65535))
@click.option("--people", "how_many", default=35, show_default=True, type=click.IntRange(1, 1000))
@click.option("--weeks", default=13, show_default=True, type=click.IntRange(1, 104))
@click.option("--no-serve", is_flag=True, help="Only make the organisation.")
@click.option("--starter-ratings/--no-starter-ratings", default=True, show_default=True)
def demo(session: Session, port: int, how_many: int, weeks: int, no_serve: bool, starter_ratings: bool) -> None:
    """A sample organisation with believable facts up to now, served at once."""
    if not session.named:
        session.url = f"sqlite:///{default_path('demo.db')}"
        for suffix in ("", "-wal", "-shm"):
            Path(f"{default_path('demo.db')}{suffix}").unlink(missing_ok=True)
    with session.database(current=False) as database:
        migrate(database)
        sample = sample_organisation(how_many, weeks, now=clock.now())
        with session.progress("Making a sample organisation") as progress:
            made = store_sample(database, sample, progress, starter_ratings)
        request = _request(made, port)
        listening = Listening("127.0.0.1", port)
        session.answer(
            made,
            f"{sample.name}: {how_many} people, weeks: {weeks}.\n\n"
            f"{_serving(session, port) if no_serve else ''}Open {_url(listening)} and sign in as\n{_sign_ins(made)}\n\n"
            f"Or ask with the key {made['apiKey']}\n\n{request}",
        )
        if not no_serve:
            if not session.as_json:
                click.echo(f"\nServing at {_url(listening)}; Ctrl+C ends it.")
            ending = Ending(0, GRACE_S)
            _run(whole_app(database, draining=ending.begun), listening, _sockets(listening), ending)


def _serving(session: Session, port: int) -> str:
    """What serves the sample later. A database that was named may have a password, which is not shown."""
    database, same = ("", " on the same database") if session.named else (f"--database {session.url} ", "")
    return f"Serve it with `timegrain {database}serve --port {port}`{same}.\n"


def _sign_ins(made: dict[str, Any]) -> str:
    shown = [(one["role"], one["email"], one["password"]) for one in made["signIns"]]
    roles, mails, _ = (max(map(len, column)) for column in zip(*shown, strict=True))
    return "\n".join(f"  {role:{roles}}  {mail:{mails}}  {password}" for role, mail, password in shown)


def _request(made: dict[str, Any], port: int) -> str:
    body = {
        "startDate": f"{made['weekAgo']} 00:00:00",
        "endDate": f"{made['date']} 23:59:59",
        "timeZone": made["zone"],
        "userId": [],
        "teamId": made["teamIds"],
    }
    return (
        f"curl -s http://127.0.0.1:{port}/v1/dashboard/weekly-summary \\\n"
        f"  -H 'Authorization: Bearer {made['apiKey']}' -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(body)}'"
    )
