"""SELECTs of plain columns in the driver's own words, put together once for each statement.

As with `inserting`: for what every call asks, finding out anew what the answer will look like took
three times as long as the question.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Dialect, SelectBase, Uuid

from triage.storage.driving import ask

Prepare = Callable[[Any], Any] | None
Shape = tuple[tuple[str, int | None], ...]
"""What is given, by name, and of lists how much."""


class _Select(NamedTuple):
    text: str
    fixed: Mapping[str, Any]
    """Values that stand in the statement itself, as the driver takes them."""
    places: tuple[tuple[str, Prepare], ...]
    """The names of all values, in the order of the text."""
    lists: Mapping[str, Sequence[str]]
    """What the members of a list are called in the text."""
    in_order: bool
    """Are values told apart by their places, and not by name?"""
    columns: tuple[Prepare, ...]
    """What makes of each column what we take."""


@lru_cache(maxsize=200)
def _select(statement: SelectBase, dialect: Dialect, given: Shape) -> _Select:
    compiled = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state(
        {name: None if length is None else [None] * length for name, length in given}
    )
    binds: dict[str, BindParameter[Any]] = compiled.binds
    whose = {part: name for name, parts in state.parameter_expansion.items() for part in parts}
    places = []
    fixed = {}
    for name in state.positiontup or state.parameters:
        bind = binds[whose.get(name, name)]
        prepare = bind.type.dialect_impl(dialect).bind_processor(dialect)
        places.append((name, prepare))
        if not bind.required:
            fixed[name] = _made(prepare, state.parameters[name])
    lists = {name: state.parameter_expansion[name] for name, length in given if length is not None}
    columns = tuple(_take(column, dialect) for column in statement.selected_columns)
    return _Select(state.statement, fixed, tuple(places), lists, dialect.positional, columns)


def _take(column: ColumnElement[Any], dialect: Dialect) -> Prepare:
    take: Prepare = column.type.dialect_impl(dialect).result_processor(dialect, None)
    # Most keys are those of teams and members, again and again.
    return lru_cache(maxsize=2000)(take) if take and isinstance(column.type, Uuid) else take


def _made(prepare: Prepare, value: Any) -> Any:
    return value if prepare is None or value is None else prepare(value)


def select_rows(
    connection: Connection, statement: SelectBase, given: Mapping[str, Any]
) -> Sequence[tuple[Any, ...]]:
    """What a statement finds that is built once and for all, with nothing of a session in it.

    given -- by the name of the parameter; a list for what is IN.
    """
    shape = tuple((name, len(it) if type(it) is list else None) for name, it in given.items())
    asked = _select(statement, connection.dialect, shape)
    known = dict(given)
    for name, parts in asked.lists.items():
        known.update(zip(parts, known.pop(name), strict=True))
    fixed = asked.fixed
    values = [
        fixed[name] if name in fixed else _made(prepare, known[name])
        for name, prepare in asked.places
    ]
    names = (name for name, _ in asked.places)
    told = tuple(values) if asked.in_order else dict(zip(names, values, strict=True))
    rows = ask(connection, asked.text, told)
    if not any(asked.columns):
        return rows
    by_column = zip(asked.columns, zip(*rows, strict=True), strict=False)  # no rows: no columns
    made = [map(prepare, values) if prepare else values for prepare, values in by_column]
    return list(zip(*made, strict=True))
