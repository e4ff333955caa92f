"""The only room that knows SQL: SQLAlchemy Core, one text for SQLite and PostgreSQL."""
