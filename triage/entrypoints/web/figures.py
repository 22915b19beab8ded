"""Figures of whole months for supervisors: who was sent and who should have been, how soon, and
what came of it. Only counted days are read, no calls."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from triage.context import current_context
from triage.domain.figures import FEW
from triage.entrypoints.web import figure_words as words
from triage.entrypoints.web.access import open_to
from triage.services import figure_reports
from triage.services.figure_reports import Span, Standing
from triage.services.figures import AT
from triage.storage.standby import StandbyAway

bp = Blueprint("figures", __name__)
log = structlog.get_logger("triage.web")
YEAR = "year"


@bp.get("/figures")
@open_to("supervisor")
def figures() -> ResponseReturnValue:
    try:
        with _reading() as (session, behind_s):
            standing = figure_reports.standing(session)
            span = _span(standing, request.args.get("span", ""))
            report = figure_reports.read(session, span) if span else None
    except StandbyAway as away:
        log.warning("no standby answers", error=type(away.__cause__).__name__)
        return render_template("figures.html", away=True), 503
    return render_template(
        "figures.html",
        standing=standing,
        span=span,
        chosen=_name(span),
        spans=[(month.isoformat()[:7], words.month(month)) for month in standing.months],
        year=YEAR,
        report=report,
        words=words,
        counted_at=f"{AT:%H:%M}",
        demo=current_context().settings.demo,
        few=FEW,
        on_standby=current_context().standby is not None,
        behind_s=behind_s,
    )


@contextmanager
def _reading() -> Iterator[tuple[Session, float | None]]:
    """Where figures are read, and how old that may be. Where there is a standby, nowhere else:
    reports slow nothing down that is decided. Raises StandbyAway."""
    context = current_context()
    if context.standby is not None:
        with context.standby.reading() as reading:
            yield reading.session, reading.behind_s
    else:
        with context.reading() as uow:
            yield uow.session, None


def _span(standing: Standing, wanted: str) -> Span | None:
    """The month that is asked for, the last twelve, or the latest that has figures; as far as
    there are any."""
    if standing.through is None:
        return None
    if wanted == YEAR:
        return Span.of_year(standing.through)
    months = {month.isoformat()[:7]: month for month in standing.months}
    month = Span.of_month(months.get(wanted, standing.months[0]))
    return Span(month.first, min(month.last, standing.through))


def _name(span: Span | None) -> str:
    if span is None:
        return ""
    return YEAR if span.by_month else span.first.isoformat()[:7]
