"""Rows of a board as they were rendered, shown again while nothing in them has changed.

A board with hundreds of calls is looked at up to four times a second, and mostly one call has
changed. What is late or due is seen at once; how many minutes something has lasted, and that an
estimate has passed, may be some seconds old (spans are written to the second by live.js).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from markupsafe import Markup

from triage.entrypoints.web.languages import language
from triage.services import errands
from triage.services.boards import Row

KEPT_FOR = timedelta(seconds=5)
"""Each row for up to as long again, not all equally long: or all would be rendered at one look."""
_MOST = 2000


@dataclass(frozen=True)
class _Rendered:
    gist: tuple[Any, ...]
    at: datetime
    until: datetime
    html: Markup


_rendered: dict[tuple[UUID, str], _Rendered] = {}
"""By call and language."""


def renderer(shown: Mapping[str, Any]) -> Callable[[Row], Markup]:
    """What renders a row of this look. shown -- what its template is given, `now` among it."""
    now: datetime = shown["now"]
    spoken, module = language(), list[Any]()
    for key, old in _rendered.copy().items():
        if not old.at <= now < old.until:  # nothing of a call stays that nobody looks at
            _rendered.pop(key, None)

    def render(row: Row) -> Markup:
        texts = [inbound.id for inbound, _ in shown["texts_of"].get(row.call.id, ())]
        key, gist = (row.call.id, spoken), (*_gist(row, now), texts)
        known = _rendered.get(key)
        if known is None or known.gist != gist:
            if not module:
                module.append(_module(shown))
            if len(_rendered) >= _MOST:
                _rendered.clear()
            until = now + KEPT_FOR * (1 + key[0].int % 100 / 100)
            known = _rendered[key] = _Rendered(gist, now, until, module[0].row(row))
        return known.html

    return render


def _module(shown: Mapping[str, Any]) -> Any:
    given = dict(shown)
    current_app.update_template_context(given)
    return current_app.jinja_env.get_template("board_row.html").make_module(given)


def _gist(row: Row, now: datetime) -> tuple[Any, ...]:
    """All that a row is made of, to be compared, and what of it is late by now."""
    late = row.target_at is not None and row.target_at < now
    errands_now = [(one.id, one.version, errands.is_red(one, now)) for one in row.errands]
    return late, vars(row) | {"errands": errands_now}
