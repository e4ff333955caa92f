"""How many rows SQLite is to expect in its tables, so that it finds those of many people and years by their keys.

Untold it takes ten rows to have the same first column of an index, and looks through what it takes for ten: all
stretches of a person for one day of them, or all memberships of an organisation for each person. What `ANALYZE` would
count depends on when it is asked, and so would the plans. These are the figures of a company of a thousand people
after a year, the same in every file.
"""

from __future__ import annotations

from sqlalchemy import Connection

EXPECTED = {
    ("facts", "facts"): "150000000 150000000 150000 2 1 1 1",
    ("facts", "ix_facts_long"): "2500000 2500000 2500 1 1",
    ("facts", "ix_facts_heartbeats"): "10000000 10000000 10000 1",
    ("stretches", "stretches"): "6000000 6000000 6000 3000 1",
    ("slot_totals", "slot_totals"): "10000000 10000000 10000 10000 1",
    ("slot_subjects", "slot_subjects"): "60000000 60000000 60000 60000 6 1",
    ("day_totals", "day_totals"): "260000 260000 260 260 1",
    ("names", "names"): "400000 400000 400 1",
    ("names", "sqlite_autoindex_names_2"): "400000 400000 400 200 1",
    ("texts", "texts"): "20000000 20000000 20000 1",
    ("devices", "devices"): "2000 2000 2 1",
    ("devices", "sqlite_autoindex_devices_2"): "2000 2000 2 1",
    ("devices", "sqlite_autoindex_devices_3"): "2000 2000 1",
    ("users", "sqlite_autoindex_users_1"): "1000 1000 1",
    ("users", "sqlite_autoindex_users_2"): "1000 1000 1",
    ("users", "sqlite_autoindex_users_3"): "1000 1000 1",
    ("teams", "sqlite_autoindex_teams_1"): "50 50 1",
    ("teams", "sqlite_autoindex_teams_2"): "50 50 1",
    ("teams", "sqlite_autoindex_teams_3"): "50 50 1",
    ("memberships", "memberships"): "2000 2000 40 1 1",
    ("memberships", "ix_memberships_user"): "2000 2000 2",
    ("erasures", "erasures"): "2000 2000 2 1 1 1",
    ("employments", "sqlite_autoindex_employments_1"): "1000 1000 1 1",
}
"""Of each index (a table's own name is its primary key) how many rows there are, and how many have the same first,
first two, ... of its columns."""


def tell(connection: Connection) -> None:
    """Connections that are opened from now on plan by it. A table that is made anew loses what was told of it."""
    # Makes the table of statistics, and counts nothing.
    connection.exec_driver_sql("ANALYZE sqlite_schema")
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    connection.exec_driver_sql(
        "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
        [(table, index, expected) for (table, index), expected in EXPECTED.items()],
    )
