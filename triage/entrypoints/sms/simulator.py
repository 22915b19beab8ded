"""The invented telephone network, for programs on this machine: read texts, answer them."""

from typing import Protocol, cast
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, Forbidden

from triage.context import AppContext, current_context
from triage.domain.errors import Refused
from triage.domain.phone_numbers import e164
from triage.domain.spoken import Said
from triage.entrypoints.sms.inbound import hear
from triage.entrypoints.web.access import is_from_this_machine, open_to_everyone
from triage.services import voice_calls
from triage.services.received_texts import Received

LARGEST_BODY = 16 * 1024
LONGEST_TEXT = 1600
"""As Twilio has it."""

bp = Blueprint("simulator_network", __name__, url_prefix="/simulator")


class InventedNetwork(Protocol):
    """What the simulator can do beyond a real network."""

    def messages(self, phone: str | None = None) -> list[dict[str, str]]: ...

    def record_reply(self, phone: str, body: str) -> str: ...

    def ringing(self) -> list[dict[str, str]]: ...

    def take_ring(self, attempt_id: str, phone: str, said: str) -> None: ...


def _network(context: AppContext) -> InventedNetwork:
    return cast("InventedNetwork", context.phone)


@bp.before_request
def only_this_machine() -> None:
    if not is_from_this_machine():
        raise Forbidden("the simulator answers programs on this machine only")
    request.max_content_length = LARGEST_BODY


@bp.get("/messages")
@open_to_everyone
def messages() -> ResponseReturnValue:
    """All texts, or those of ?phone=, the oldest first."""
    return _network(current_context()).messages(request.args.get("phone"))


@bp.post("/replies")
@open_to_everyone
def reply() -> ResponseReturnValue:
    """{"from": "+1...", "body": "..."}: somebody answers on an invented phone."""
    context = current_context()
    if not request.is_json:
        raise BadRequest("send application/json")
    sent = request.get_json()
    if not isinstance(sent, dict) or set(sent) != {"from", "body"}:
        raise BadRequest('send {"from": "+1...", "body": "..."}')
    if not all(isinstance(value, str) for value in sent.values()):
        raise BadRequest("from and body are texts")
    if any("\ud800" <= sign <= "\udfff" for value in sent.values() for sign in value):
        raise BadRequest("from and body hold half a character: send whole ones")
    if len(sent["body"]) > LONGEST_TEXT:
        raise BadRequest(f"a text has at most {LONGEST_TEXT} characters")
    try:
        sender = e164(sent["from"], context.centre.policy.country)
    except Refused as error:
        raise BadRequest(f"from: {error}") from None
    return {"id": answer_from(context, sender, sent["body"])}, 201


def key_pressed(context: AppContext, attempt_id: UUID, phone: str, key: str) -> Said:
    """Somebody takes the ringing phone and presses a key; returns what they hear. Without a
    key they hang up, which is not an answer."""
    said = Said("You hung up: nothing was changed.")
    if key:
        said = context.do(
            "carrier",
            lambda uow: voice_calls.pressed(uow, context.centre, attempt_id, key),
        )
    if not said.asks:  # else the line is still open for another key
        kept = "(read out, kept nowhere)" if said.private else said.text
        _network(context).take_ring(str(attempt_id), phone, kept)
    return said


def answer_from(context: AppContext, sender: str, body: str) -> str:
    """Let this phone answer; returns the invented network's key of the text."""
    provider_id = _network(context).record_reply(sender, body)
    hear(context, Received(provider_id, sender, body))
    return provider_id
