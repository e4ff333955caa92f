"""What an analyst would pick: DuckDB over the raw facts as Parquet, asked for the productive, neutral, unproductive
and idle seconds of each local day.

An honest attempt, and simpler than the contract. Stretches of input of all devices are joined, focus is clipped to
them, and what is left of it is idle. It rates by the site of the page in front where there is one, else by the
application. It leaves out: the limits of absence and ignore idle, two devices in one second counting once, two
windows on one device, pages that no window of their browser shows, ratings of teams, whole seconds, membership.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import duckdb

from benchmarks.engines import Engine

_FACTS = """
SELECT f.user_id, f.device_id, f.kind, f.start_ms, f.start_ms + f.length_ms, coalesce(a.name, ''), coalesce(s.name, '')
FROM facts f
LEFT JOIN names a ON a.organisation_id = f.organisation_id AND a.user_id = f.user_id AND a.id = f.app_id
LEFT JOIN names s ON s.organisation_id = f.organisation_id AND s.user_id = f.user_id AND s.id = f.site_id
WHERE f.organisation_id = 1 AND f.kind < 4
"""

_RATINGS = "SELECT kind, name, rating FROM rules WHERE organisation_id = 1 AND team_id = 0"

_QUESTION = """
WITH mine AS (
    SELECT * FROM read_parquet($facts) WHERE u IN (SELECT unnest($people)) AND e > $from AND s < $until
),
ordered AS (
    SELECT u, s, e, max(e) OVER (PARTITION BY u ORDER BY s, e ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach
    FROM mine WHERE kind = 3
),
islands AS (SELECT u, s, e, sum(CASE WHEN s <= reach THEN 0 ELSE 1 END) OVER (PARTITION BY u ORDER BY s, e) AS n
            FROM ordered),
attended AS (SELECT u, min(s) AS s, max(e) AS e FROM islands GROUP BY u, n),
focus AS (
    SELECT f.u, greatest(f.s, $from) AS s, least(f.e, $until) AS e, coalesce(w.rating, r.rating, 1) AS rating
    FROM mine f
    LEFT JOIN ratings w ON w.kind = 1 AND w.name = f.site
    LEFT JOIN ratings r ON r.kind = 0 AND r.name = f.app
    WHERE f.kind = 0
),
active AS (
    SELECT f.u, f.rating, greatest(f.s, a.s) AS s, least(f.e, a.e) AS e
    FROM focus f JOIN attended a ON a.u = f.u AND a.s < f.e AND a.e > f.s
),
parts AS (
    SELECT s, rating, e - s AS ms FROM active
    UNION ALL SELECT s, 3, e - s FROM focus
    UNION ALL SELECT s, 3, s - e FROM active
)
SELECT CAST(timezone($zone, to_timestamp(s / 1000.0)) AS DATE) AS day,
    sum(ms) FILTER (rating = 0), sum(ms) FILTER (rating = 1), sum(ms) FILTER (rating = 2), sum(ms) FILTER (rating = 3)
FROM parts GROUP BY day ORDER BY day
"""


class Analyst:
    """Has taken the facts out of a database once, into Parquet packed with zstd, sorted by person and time."""

    def __init__(self, engine: Engine, url: str) -> None:
        self._folder = TemporaryDirectory(dir=engine.folder)
        self._facts = str(Path(self._folder.name) / "facts.parquet")
        self._connection = duckdb.connect()
        source = engine.bare(url)
        written = Path(self._folder.name) / "facts.csv"
        with written.open("w", newline="") as file:
            csv.writer(file).writerows(source.execute(_FACTS))
        columns = "{'u': 'INT', 'd': 'INT', 'kind': 'INT', 's': 'BIGINT', 'e': 'BIGINT', 'app': 'TEXT', 'site': 'TEXT'}"
        read = f"read_csv('{written}', header = false, columns = {columns})"
        self._connection.execute(
            f"COPY (SELECT * FROM {read} ORDER BY u, s) TO '{self._facts}' (FORMAT parquet, COMPRESSION zstd)"
        )
        written.unlink()
        self._connection.execute("CREATE TABLE ratings (kind INT, name TEXT, rating INT)")
        self._connection.executemany("INSERT INTO ratings VALUES (?, ?, ?)", source.execute(_RATINGS).fetchall())
        source.close()

    def __enter__(self) -> Analyst:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._folder.cleanup()

    def asking(self, people: list[int], zone: str, day: str) -> Callable[[], list[tuple[object, ...]]]:
        """The week, from Monday, that holds a day."""
        monday = date.fromisoformat(day) - timedelta(days=date.fromisoformat(day).weekday())
        edges = [
            self._connection.execute(
                "SELECT epoch_ms(timezone($zone, CAST($day AS TIMESTAMP)))",
                {"zone": zone, "day": str(monday + timedelta(days=days))},
            ).fetchall()[0][0]
            for days in (0, 7)
        ]
        given = {"facts": self._facts, "people": people, "zone": zone, "from": edges[0], "until": edges[1]}
        return lambda: self._connection.execute(_QUESTION, given).fetchall()

    def megabytes(self) -> float:
        return Path(self._facts).stat().st_size / 2**20
