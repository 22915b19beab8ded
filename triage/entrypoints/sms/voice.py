"""Calls through Twilio: it asks what to say, tells which key was pressed and what became of it."""

from urllib.parse import urlencode
from uuid import UUID, uuid4
from xml.etree import ElementTree

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import NotFound

from triage.context import current_context
from triage.domain.errors import Conflict
from triage.domain.spoken import Said
from triage.entrypoints.sms import webhooks
from triage.entrypoints.sms.inbound import ACTOR
from triage.entrypoints.web.access import open_to_everyone
from triage.services import reports, voice_calls
from triage.services.idempotency import KEY_LENGTH
from triage.services.reports import Report

WAIT_FOR_KEY_S = 8
_TRIED_AGAIN = "#rc=5&rp=all"
"""Twilio tries five times to bring us a key, should we not answer."""
_BECAME = {
    "initiated": "sending",
    "ringing": "sent",
    "in-progress": "sent",
    "answered": "sent",
    "completed": "delivered",
    "busy": "undelivered",
    "no-answer": "undelivered",
    "failed": "undelivered",
    "canceled": "undelivered",
}
"""What news of a call amounts to, in the words for texts."""

_VOICES = {"en": "en-US", "es": "es-MX"}
"""Twilio's name of each language, as it is spoken here."""

bp = Blueprint("voice", __name__, url_prefix="/voice")
bp.before_request(webhooks.only_the_network)
bp.register_error_handler(OperationalError, webhooks.come_again)
bp.register_error_handler(Conflict, webhooks.come_again)
log = structlog.get_logger("triage.voice")


@bp.post("/page")
@open_to_everyone
def page() -> ResponseReturnValue:
    """Somebody or something has taken the call."""
    context, attempt = current_context(), _attempt()
    answered_by = request.form.get("AnsweredBy", "")
    with context.reading() as uow:
        said = voice_calls.picked_up(uow, attempt, answered_by)
    if said is None:
        log.info("a machine answered, it is not an answer", answered_by=answered_by[:20])
    return _twiml(said, attempt)


@bp.post("/answer")
@open_to_everyone
def answer() -> ResponseReturnValue:
    """A key was pressed."""
    context, attempt = current_context(), _attempt()
    digits, key, token = request.form.get("Digits", "")[:8], _key(), _token()
    said = context.do(
        ACTOR,
        lambda uow: voice_calls.pressed(uow, context.centre, attempt, digits, key, token),
        keyed=True,
    )
    return _twiml(said, attempt)


@bp.post("/status")
@open_to_everyone
def status() -> ResponseReturnValue:
    """News of a call: it rang, was taken, or nobody answered."""
    context, form = current_context(), request.form
    said = form.get("CallStatus", "").replace("\0", "")
    became = _BECAME.get(said, said)
    if form.get("AnsweredBy", "").startswith(("machine", "fax")):
        became = "undelivered"
    report = Report(
        provider_id=_key(),
        status=became,
        error_code=said if became == "undelivered" else None,
        to=form.get("To"),
        attempt_id=_attempt(),
    )
    if not context.do(
        ACTOR, lambda uow: reports.hear(uow, context.centre, report), keyed=True, patient=True
    ):
        log.warning("report of an unknown call or status")
    return "", 204


def _key() -> str:
    """The provider's, of the call."""
    return request.form.get("CallSid", "").replace("\0", "")


def _token() -> str:
    """The same where Twilio brings the same keys again, and where we try again ourselves."""
    return request.headers.get("I-Twilio-Idempotency-Token", "")[:KEY_LENGTH] or str(uuid4())


def _attempt() -> UUID:
    try:
        return UUID(request.args.get("attempt", ""))
    except ValueError:
        raise NotFound from None


def _say(where: ElementTree.Element, said: Said, text: str) -> None:
    ElementTree.SubElement(where, "Say", language=_VOICES[said.language]).text = text


def _twiml(said: Said | None, attempt: UUID) -> Response:
    """What Twilio is to do, as a document that escapes whatever stands in it."""
    root = ElementTree.Element("Response")
    if said is not None and said.asks:
        gather = ElementTree.SubElement(
            root,
            "Gather",
            input="dtmf",
            numDigits=str(said.digits),
            timeout=str(WAIT_FOR_KEY_S),
            action=f"/voice/answer?{urlencode({'attempt': attempt})}{_TRIED_AGAIN}",
        )
        for _ in range(2):
            _say(gather, said, said.text)
        _say(root, said, said.goodbye)
    elif said is not None:
        _say(root, said, said.text)
    ElementTree.SubElement(root, "Hangup")
    document = ElementTree.tostring(root, encoding="unicode", xml_declaration=False)
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{document}', mimetype="text/xml")
