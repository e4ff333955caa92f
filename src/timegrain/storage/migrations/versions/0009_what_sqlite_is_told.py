"""Nothing but that databases of before are told what `sqlite_statistics` tells after each migration."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None: ...
