"""How a database would read for a statement, by its own plan, and whether that grows with history.

SQLite is asked as it runs, without statistics. PostgreSQL is asked with reading of whole tables
switched off, and with joins that read both sides whole: then a table is read whole only where no
index serves, however small it is here.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Date, Engine, event

from triage.storage.base import UtcDateTime
from triage.storage.models import Base

TABLES = Base.metadata.tables
SMALL = {
    **dict.fromkeys(
        ("team", "responder", "partner", "account", "verified_number"), "people of now"
    ),
    **dict.fromkeys(("sign_in", "presence", "page_link"), "deleted within days"),
    **dict.fromkeys(("heartbeat", "watch"), "deleted after a day"),
    **dict.fromkeys(
        ("rule_set_version", "vocabulary_version", "publication", "rule_draft"), "by hand, rarely"
    ),
    **dict.fromkeys(("change_sent_back", "escalation_policy", "api_token"), "by hand, rarely"),
    **dict.fromkeys(("hazard_note", "suspension"), "by hand, and they end"),
    **dict.fromkeys(("revision", "clock_shift", "deployment", "provider_state"), "a row or two"),
    "trail_read": "one row",
    "audit_chain": "one row, or 64",
    **dict.fromkeys(("backup_note", "answer_habits", "reach_run"), "one a day or week"),
    "rolled_day": "one a day",
    "stray_report": "the oldest make room for new ones",
    "shift_swap": "a few a year for each member",
    "reach_test": "one a week for each member",
}
"""Tables that do not grow with calls, and why: they may be read whole."""
SHARED = {
    *("state", "kind", "event", "outcome", "zone", "disposition", "actor", "scope", "channel"),
    *("priority", "provider", "team_id", "responder_id", "account_id", "owner_id", "partner_id"),
    *("owner_role", "giver_id", "taker_id", "from_index", "to_index", "rule_set", "policy_id"),
    *("rule_set_sha256", "habits_sha256", "reached_by", "response", "role", "fact", "number"),
}
"""Columns of which one value stands in ever more rows: to be equal to it is no end."""
PAST = {
    *("ix_call_closed", "ix_call_closed_zone", "ix_call_closed_disposition"),
    *("ix_call_closed_zone_disposition", "ix_call_cad_tail", "ix_dispatch_cad_tail"),
    *("uq_page_one_accepted", "ix_follow_up_not_reached"),
    *("ix_call_location", "ix_call_found", "ix_caller_phone", "ix_call_with_words"),
    *("ix_intake_draft_call", "ix_idempotency_key_call"),
    *("ix_message_of_no_call", "ix_inbound_message_of_no_call"),
}
"""Indexes with a condition that hold what is over, too."""
OPEN_WORK = {
    index.name
    for table in TABLES.values()
    for index in table.indexes
    if index.dialect_options["sqlite"]["where"] is not None and index.name not in PAST
}
"""The others that have a condition: what they hold is open now. They may be read whole."""
MADE = "a world that is furnished"


@dataclass(frozen=True, eq=False)
class Statement:
    """One that was sent to the database, and for what."""

    asked_by: str
    sql: str
    parameters: Any

    @property
    def gist(self) -> str:
        """Without the columns of the rows that are asked for."""
        return re.sub(r"(?<=SELECT )(?:[^()]|\([^()]*\))*? ?(?=\s+FROM)", "... ", self.sql)


@dataclass
class Heard:
    """All statements that look for rows, each as it came first."""

    asked_by: str = MADE
    statements: dict[str, Statement] = field(default_factory=dict)

    def note(self, *heard: Any) -> None:
        _, _, sql, parameters, _, many = heard
        ours = self.asked_by == MADE and " WHERE " not in sql.upper()  # of the furnishing itself
        if sql.lstrip("(").startswith(("SELECT", "UPDATE", "DELETE", "WITH")) and not ours:
            one = parameters[0] if many else parameters
            shape = re.sub(
                r"(?:\?|%\(\w+\)s(?:::\w+)?)(?:, (?:\?|%\(\w+\)s(?:::\w+)?))+", "...", sql
            )
            self.statements.setdefault(shape, Statement(self.asked_by, sql, one))


@contextmanager
def heard(engine: Engine) -> Iterator[Heard]:
    found = Heard()
    event.listen(engine, "before_cursor_execute", found.note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", found.note)


@dataclass(frozen=True)
class Read:
    """One place of a plan where rows of a table are fetched.

    index -- None: the whole table; bounds -- how each column is bound that the index looks up;
    few -- the statement ends once it has enough; filtered -- of what is fetched, some is left out
    (None: the plan does not tell).
    """

    table: str
    index: str | None = None
    bounds: Mapping[str, frozenset[str]] = field(default_factory=dict)
    few: bool = False
    filtered: bool | None = None

    @property
    def is_window(self) -> bool:
        """Is all read that happened since some time?"""
        kinds = (UtcDateTime, Date)
        times = {c.name for c in TABLES[self.table].columns if isinstance(c.type, kinds)}
        return any(ops & {">", ">="} for name, ops in self.bounds.items() if name in times)

    @property
    def costs_a_time(self) -> bool:
        """Is what happened since some time read, open or not?"""
        exempt = self.table in SMALL or self.is_narrow or self.index in OPEN_WORK
        return self.is_window and not exempt

    @property
    def is_narrow(self) -> bool:
        """Does it look up something of one call, one number, one text?"""
        return any("=" in ops for name, ops in self.bounds.items() if name not in SHARED)

    @property
    def grows(self) -> str | None:
        """Why it takes longer each year; None if it does not."""
        if self.table in SMALL or self.is_narrow:
            return None
        if self.index is None:
            return "is read whole"
        if self.index in OPEN_WORK:
            return None
        if self.is_window or (self.few and not self.filtered):
            return None
        return f"is read by {self.index} with no end: {sorted(self.bounds) or 'all of it'}"


def reads(connection: Connection, asked: Statement) -> list[Read]:
    """How this database would fetch the rows of this statement."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.sql}", asked.parameters)
        return [*_of_sqlite(asked.sql, [row[3] for row in rows])]
    for way in ("seqscan", "hashjoin", "mergejoin"):
        connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
    return [*_of_postgresql(_plan(connection, asked), few=False)]


def _plan(connection: Connection, asked: Statement) -> dict[str, Any]:
    plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {asked.sql}", asked.parameters)
    found = plan.scalar_one()
    (whole,) = json.loads(found) if isinstance(found, str) else found
    top: dict[str, Any] = whole["Plan"]
    return top


def read_at_once(connection: Connection, asked: Statement) -> list[Read]:
    """What is asked about each row with EXISTS, PostgreSQL may rather read at once and for all, to
    have the answers by hand. It does so where it thinks that whole tables may be read, so `reads`
    never sees it."""
    if connection.dialect.name == "sqlite":
        return []
    plan = _plan(connection, asked)
    at_once = {*re.findall(r"hashed (SubPlan \d+)", json.dumps(plan))}
    return [
        read
        for node in _nodes(plan)
        if node.get("Subplan Name") in at_once
        for read in _of_postgresql(node, few=False)
    ]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def that_grow(engine: Engine, statements: Iterable[Statement]) -> dict[Statement, list[Read]]:
    """Those that take longer each year, with what they read: by the plan for the tables as they
    are, and by that for tables which have grown. One of the two may come of how few rows there are
    here, or of how many of these are open: what an index serves is seen in the other."""
    asked = list(statements)
    found = _that_grow(engine, asked, reads)
    _grow(engine)
    grown = _that_grow(engine, found, reads)
    return grown | _that_grow(engine, asked, read_at_once)


def _that_grow(
    engine: Engine,
    statements: Iterable[Statement],
    read: Callable[[Connection, Statement], list[Read]],
) -> dict[Statement, list[Read]]:
    with engine.connect() as connection:
        found = {one: [r for r in read(connection, one) if r.grows] for one in statements}
    return {one: bad for one, bad in found.items() if bad}


def _grow(engine: Engine) -> None:
    """Whoever plans for PostgreSQL believes from now on that each table has a hundred thousand
    times as many rows. Nearly each has its own value, but in columns that rows share; and few are
    open, which is when a column is empty that tells of an end."""
    if engine.dialect.name == "sqlite":
        return
    ours = "relnamespace = 'public'::regnamespace"
    shared = ", ".join(f"'{name}'" for name in sorted(SHARED))
    changes = [
        f"stakind{n} = CASE stakind{n} WHEN 1 THEN 0 ELSE stakind{n} END" for n in range(1, 6)
    ]
    of_columns = (
        "FROM pg_attribute, pg_class"
        " WHERE starelid = attrelid AND staattnum = attnum AND pg_class.oid = starelid"
    )
    changes.append("stanullfrac = least(stanullfrac, 0.001)")
    changes.append(f"stadistinct = CASE WHEN attname IN ({shared}) THEN 2000 ELSE -0.2 END")
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for statement in (
            "ANALYZE",
            f"UPDATE pg_class SET reltuples = greatest(reltuples, 1) * 100000 WHERE {ours}",
            f"UPDATE pg_statistic SET {', '.join(changes)} {of_columns} AND {ours}",
        ):
            connection.exec_driver_sql(statement)


_STEP = re.compile(r"(SCAN|SEARCH) (\w+)(?: USING (?:AUTOMATIC )?.*?INDEX (\w+)?)?(?: ?\((.*)\))?$")


def _of_sqlite(sql: str, steps: Sequence[str]) -> Iterator[Read]:
    names = {alias: name for name, alias in re.findall(r'"?(\w+)"? AS "?(\w+)"?', sql)}
    few = " LIMIT " in sql and not any("TEMP B-TREE FOR ORDER" in step for step in steps)
    for step in steps:
        if (found := _STEP.match(step.removesuffix(" LEFT-JOIN"))) is None:
            continue
        _, said, index, bounds = found.groups()
        table = names.get(said, said)
        if table not in TABLES:
            continue
        if "AUTOMATIC" in step:  # made anew each time, of the whole table
            yield Read(table)
            continue
        yield Read(table, index, _bounds(bounds or ""), few)


_BOUND = re.compile(r"(\w+|<expr>)\)*(?:::[\w ]+)?\s*(<=|>=|=|<|>)")


def _bounds(said: str) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, operator in _BOUND.findall(re.sub(r"'(?:[^']|'')*'", "''", said)):
        found.setdefault(name, set()).add(operator)
    return {name: frozenset(operators) for name, operators in found.items()}


_BLOCKS = {"Sort", "Aggregate", "Hash", "WindowAgg", "SetOp"}
"""They take all rows before they give the first."""


def _of_postgresql(
    node: Mapping[str, Any], *, few: bool, filtered: bool = False, of: str = ""
) -> Iterator[Read]:
    """of -- the table whose rows the steps below find."""
    few = (few or node["Node Type"] == "Limit") and node["Node Type"] not in _BLOCKS
    filtered = filtered or "Filter" in node or "Join Filter" in node
    table, below = node.get("Relation Name", of), node.get("Plans", ())
    if node["Node Type"] in {"Bitmap Heap Scan", "BitmapOr", "BitmapAnd"}:
        of = table
    elif table in TABLES and node["Node Type"] != "ModifyTable":
        bounds = _bounds(node.get("Index Cond", ""))
        yield Read(table, node.get("Index Name"), bounds, few, filtered)
    for one in below:
        yield from _of_postgresql(one, few=few, filtered=filtered, of=of)
