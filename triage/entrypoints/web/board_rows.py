"""Rows of a board as they were rendered, shown again while nothing in them has changed.

A board with hundreds of calls is looked at up to four times a second, and mostly one call has
changed. What a row says of times alone is coarse anyway (live.js writes it to the second), so
it may be some seconds old.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from markupsafe import Markup

from triage.entrypoints.web.languages import language
from triage.services.board_lines import DispatchLine
from triage.services.boards import Row
from triage.storage.base import LiveRow

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

    def render(row: Row) -> Markup:
        key, gist = (row.call.id, spoken), _gist(row)
        known = _rendered.get(key)
        if known is None or known.gist != gist or not known.at <= now < known.until:
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


def _gist(row: Row) -> tuple[Any, ...]:
    """All that a row is made of, to be compared: of what is stored, which version."""
    return tuple(map(_plain, vars(row).values()))


def _plain(value: Any) -> Any:
    if isinstance(value, LiveRow):
        return value.id, value.version
    if isinstance(value, DispatchLine):
        return tuple(map(_plain, vars(value).values()))
    if isinstance(value, (list, tuple)):
        return tuple(map(_plain, value))
    return value
