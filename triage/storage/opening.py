"""Why a database does not open, in words and without a password."""

import re

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

_WORDS = {
    "password authentication failed": "it refuses our name or password",
    "no password supplied": "it asks for a password and the URL has none",
    "no pg_hba.conf entry": "it lets nobody in from here under this name (pg_hba.conf)",
    "authentication failed": "it refuses our name",
    "permission denied for database": "our role may not connect to this database",
    "connection refused": "nothing listens there (connection refused)",
    "failed to resolve host": "no host of this name is known",
    "could not translate host name": "no host of this name is known",
    "connection timeout expired": "no answer within the time limit",
    "timeout expired": "no answer within the time limit",
    "no route to host": "there is no way to this host",
    "network is unreachable": "there is no way to this host",
    "too many clients": "it has no connection left (max_connections)",
    "remaining connection slots": "it has no connection left (max_connections)",
    "the database system is starting up": "it is just starting",
    "the database system is shutting down": "it is shutting down",
    "session is read-only": "it is a standby, which nobody can write to",
    "server is in hot standby mode": "it is a standby, which nobody can write to",
    "certificate verify failed": "its TLS certificate is not trusted",
    "server does not support ssl": "it does not speak TLS, which the URL demands",
    "unsupported startup parameter": "a pooler before it takes no options"
    " (PgBouncer: ignore_startup_parameters = options)",
    "unable to open database file": "there is no such folder, or we may not write there",
    "file is not a database": "the file is no SQLite database",
}
"""By what PostgreSQL or SQLite says, the more exact first."""
_UNKNOWN_NAME = re.compile(r'(database|role) "[^"]*" does not exist')


def why_not_opened(engine: Engine, error: DBAPIError) -> str:
    """One clause: which database, on which hosts, and each reason that it gave."""
    said = str(error.orig)
    reasons = [words for sign, words in _WORDS.items() if sign in said.lower()]
    reasons += [f"it has no such {found[1]}" for found in _UNKNOWN_NAME.finditer(said)]
    if "it refuses our name or password" in reasons:
        reasons.remove("it refuses our name")
    why = "; ".join(dict.fromkeys(reasons)) or type(error.orig).__name__
    return f"{_where(engine)} cannot be opened: {why}"


def _where(engine: Engine) -> str:
    if engine.dialect.name == "sqlite":
        return f"the database file {engine.url.database}"
    _, told = engine.dialect.create_connect_args(engine.url)
    hosts = str(told.get("host") or "this machine's socket").split(",")
    ports = str(told.get("port") or "5432").split(",")
    ports = ports if len(ports) == len(hosts) else ports[:1] * len(hosts)
    listed = ", ".join(
        f"{host} port {port or 5432}" for host, port in zip(hosts, ports, strict=True)
    )
    name, user = told.get("dbname") or "(none named)", told.get("user") or "(none named)"
    return f"the database {name} on {listed}, as {user},"
