"""Twilio's webhooks: check that it is really Twilio, write it down, say thank you."""

import hmac
import re
from uuid import UUID

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    ServiceUnavailable,
    UnsupportedMediaType,
)

from triage.context import current_context
from triage.domain.errors import Conflict
from triage.entrypoints.sms.inbound import ACTOR, hear
from triage.entrypoints.web.access import open_to_everyone
from triage.services import reports
from triage.services.received_texts import Received
from triage.services.reports import Report

LARGEST_BODY = 64 * 1024
_FORM = "application/x-www-form-urlencoded"
_NUMBER = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)

bp = Blueprint("sms", __name__, url_prefix="/sms")
log = structlog.get_logger("triage.sms")


@bp.before_request
def only_the_network() -> None:
    """Refuse whatever the telephone network did not send itself.

    It signs the address that it called: behind a proxy that is ours to the outside, not
    the one that reached us.
    """
    request.max_content_length = LARGEST_BODY
    if request.mimetype != _FORM:
        raise UnsupportedMediaType
    form = request.form
    if any(len(values) > 1 for _, values in form.lists()):
        raise BadRequest("a field stands there twice")
    context = current_context()
    url = context.settings.public_url + request.full_path.removesuffix("?")
    signature = request.headers.get("X-Twilio-Signature")
    if not context.phone.is_genuine(url, form.to_dict(), signature):
        log.warning("webhook refused", reason="signature", path=request.path)
        raise Forbidden
    twilio = context.settings.twilio
    if twilio and not hmac.compare_digest(
        form.get("AccountSid", "").encode(), twilio.account_sid.encode()
    ):
        log.warning("webhook refused", reason="account", path=request.path)
        raise Forbidden


@bp.errorhandler(OperationalError)
@bp.errorhandler(Conflict)
def come_again(error: Exception) -> ResponseReturnValue:
    """The database is away or busy: the network may try again."""
    log.error("webhook not written", error=type(error).__name__, path=request.path)
    return ServiceUnavailable().get_response()


_LONGEST_SID = 64


@bp.post("/inbound")
@open_to_everyone
def inbound() -> ResponseReturnValue:
    """Somebody texted us. The answer to them goes out as a text of its own."""
    context = current_context()
    provider_id, sender = request.form.get("MessageSid"), request.form.get("From", "")
    if not provider_id or "\0" in provider_id or len(provider_id) > _LONGEST_SID:
        raise BadRequest("MessageSid is missing or not one")
    # Short codes and names are machines; our own number would be a loop.
    if _NUMBER.fullmatch(sender) and sender != request.form.get("To"):
        body = request.form.get("Body", "").replace("\0", "")
        opted = request.form.get("OptOutType", "").upper()
        taken_for = opted if opted in {"STOP", "START"} else None
        hear(context, Received(provider_id, sender, body, taken_for))
    else:
        log.info("text ignored, nobody can answer its sender")
    return Response("<Response/>", mimetype="text/xml")


@bp.post("/status")
@open_to_everyone
def status() -> ResponseReturnValue:
    """News of a text we sent. Our own key of the handing over stands in the address, so that
    news which overtakes the answer to our own request still finds its text."""
    context = current_context()
    form = {name: value.replace("\0", "") for name, value in request.form.items()}
    report = Report(
        provider_id=form.get("MessageSid", ""),
        status=form.get("MessageStatus") or form.get("SmsStatus", ""),
        error_code=form.get("ErrorCode") or None,
        to=form.get("To"),
        attempt_id=_uuid(request.args.get("attempt", "")),
        message_id=_uuid(request.args.get("message", "")),  # as the release before wrote it
    )
    if not context.do(
        ACTOR, lambda uow: reports.hear(uow, context.centre, report), keyed=True, patient=True
    ):
        log.warning("report of an unknown text or status")
    return "", 204


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
