"""Is it alive, is it ready, does paging work: for machines that watch us."""

from flask import Blueprint, Flask, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from triage.context import current_context
from triage.entrypoints.api import tokens
from triage.entrypoints.web.access import (
    is_from_this_machine,
    open_to_everyone,
    person_or_none,
)
from triage.services import reports, transfers
from triage.services.outbox import UNSENT
from triage.services.watch import paging_state
from triage.storage import migration
from triage.storage.messages import Message

bp = Blueprint("health", __name__)


def register(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/livez")
@open_to_everyone
def livez() -> ResponseReturnValue:
    return {"alive": True}


@bp.get("/readyz")
@open_to_everyone
def readyz() -> ResponseReturnValue:
    """200 when the database answers and has the tables of this release, or of the next: an upgrade
    must not take away all who still serve."""
    engine = current_context().database.engine
    try:
        ready = migration.fits(migration.revision_of(engine))
    except SQLAlchemyError:
        ready = False
    return {"ready": ready}, 200 if ready else 503


@bp.get("/pagingz")
@open_to_everyone
def pagingz() -> ResponseReturnValue:
    """200 when a round of a watcher is young and none of the newest found anything wrong.
    Strangers read one word."""
    with current_context().reading() as uow:
        state = paging_state(uow)
    told = state if _is_told_what() else {"state": state["state"]}
    return jsonify(told), 200 if state["paging"] else 503


def _is_told_what() -> bool:
    """Whoever forces somebody in the field must not read here that an alarm waits."""
    if is_from_this_machine() or tokens.holds("watch:read"):
        return True
    person = person_or_none()
    return person is not None and person.role in {"dispatcher", "supervisor"}


@bp.get("/metrics")
@open_to_everyone
def metrics() -> ResponseReturnValue:
    """Prometheus. Figures come from the rows, so that every process tells the same. What was
    found has a name only for those who may read it in /pagingz."""
    registry = CollectorRegistry()
    with current_context().reading() as uow:
        state = paging_state(uow)
        counts = uow.session.execute(
            select(Message.state, func.count()).where(UNSENT).group_by(Message.state)
        ).all()
        strays = reports.strays(uow)
        outcomes = transfers.outcomes(uow)
    found = state.pop("findings")
    del state["state"]
    if _is_told_what():
        findings = Gauge("triage_findings", "What the watcher found", ["code"], registry=registry)
        for one in found:
            findings.labels(one["code"]).inc(one["count"])
    Gauge("triage_stray_reports", "Provider's reports that fit nothing", registry=registry).set(
        strays
    )
    for name, value in state.items():
        Gauge(f"triage_{name}", name.replace("_", " "), registry=registry).set(value or 0)
    texts = Gauge(
        "triage_texts", "Texts that are on their way, by state", ["state"], registry=registry
    )
    for message_state, count in counts:
        texts.labels(message_state.value).set(count)
    _tell_transfers(registry, outcomes)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _tell_transfers(registry: CollectorRegistry, outcomes: transfers.Outcomes) -> None:
    by_state = Gauge(
        "triage_transfers", "Transfers to telephone lines by state", ["state"], registry=registry
    )
    for state, count in outcomes.by_state.items():
        by_state.labels(state.value).set(count)
    about = "seconds from the offer to somebody on the line"
    for name, value in (("sum", outcomes.to_counselor_s), ("count", outcomes.answered)):
        Gauge(f"triage_transfer_to_counselor_s_{name}", about, registry=registry).set(value)
