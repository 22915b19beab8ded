"""The invented telephones: read what a team reads, answer as a team answers."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import Forbidden, NotFound

from triage.context import current_context
from triage.domain.codes import VERDICTS
from triage.domain.role_words import role_name
from triage.domain.words import listed, msgid
from triage.entrypoints.sms.simulator import (
    LONGEST_TEXT,
    InventedNetwork,
    answer_from,
    key_pressed,
    only_this_machine,
)
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to_everyone
from triage.entrypoints.web.fresh import fragment
from triage.services import rosters
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("simulator", __name__, url_prefix="/simulator")

_ASKS = re.compile(r"(?:Reply|[Rr]esponda) (\w{4}) 1=ac")
_GOES_ON = (
    (
        ("aceptada, es suya", "en camino", "en el lugar", "en la escena"),
        ("ETA 10", "LLEGUE", "LIBRE", "AYUDA"),
    ),
    (
        ("accepted, it is yours", "min.", "on the way", "scene"),
        ("ETA 10", "SCENE", "CLEAR", "ASSIST"),
    ),
)
"""What a text says to whoever has the call, and what they would answer, in either language."""
_LINK = re.compile(r"https?://\S+?(/p/\w+)")
"""The page behind a link of a text, which whoever sits here finds on this server."""
_CODE = re.compile(r"\b([2-9CDFHJKMNPQRTVWXY]{4})\b(?=[ :]|$)")


@dataclass(frozen=True)
class Text:
    body: str
    at: datetime
    ours: bool
    """From the service; else typed on the phone."""

    @property
    def parts(self) -> list[tuple[str, str | None]]:
        """The text, cut at links of ours: each piece and where it leads."""
        found: list[tuple[str, str | None]] = []
        at = 0
        for link in _LINK.finditer(self.body) if self.ours else ():
            found += [(self.body[at : link.start()], None), (link[0], link[1])]
            at = link.end()
        return [*found, (self.body[at:], None)]


@dataclass(frozen=True)
class Telephone:
    number: str
    owner: str
    unit: str
    texts: list[Text]
    ringing: list[dict[str, str]] = field(default_factory=list)
    """Calls that nobody has taken yet."""

    @property
    def new(self) -> int:
        """Texts since the phone last answered."""
        count = 0
        for text in reversed(self.texts):
            if not text.ours:
                break
            count += 1
        return count

    @property
    def chips(self) -> list[tuple[str, str]]:
        """What one would answer now: text and meaning."""
        last = next((text.body for text in reversed(self.texts) if text.ours), "")
        if asked := _ASKS.search(last):
            code = asked[1]
            return [(f"{code} 1", msgid("accept")), (f"{code} 2", msgid("decline"))]
        if not (named := _CODE.search(last)):
            return []
        code = named[1]
        if "1=right team" in last or "1=correcto" in last:
            return [(f"{code} {digit}", words) for digit, words in VERDICTS.items()]
        moves = next((moves for said, moves in _GOES_ON if any(one in last for one in said)), ())
        return [(f"{code} {word}", "") for word in moves]


@bp.before_request
def only_where_it_may() -> None:
    """Visitors of a demo on this machine need no sign-in; from elsewhere one does."""
    if current_context().settings.sms != "simulator":
        raise NotFound
    try:
        only_this_machine()
    except Forbidden:
        current_person()


@bp.get("")
@open_to_everyone
def phones() -> ResponseReturnValue:
    with current_context().reading() as uow:
        return render_template("simulator.html", error=None, typed_text="", **_shown(uow))


@bp.get("/live")
@open_to_everyone
def live() -> ResponseReturnValue:
    with current_context().reading() as uow:
        html = render_template("simulator_live.html", token="", **_shown(uow))
        return fragment(html, uow.now)


@bp.post("/texts")
@open_to_everyone
def send() -> ResponseReturnValue:
    """Somebody answers on the phone that is open."""
    body = typed.note("body")
    with current_context().reading() as uow:
        shown = _shown(uow)
        if shown["phone"] is None:
            raise NotFound
        error = None
        if not body:
            error = gettext("Type the text first.")
        elif len(body) > LONGEST_TEXT:
            error = gettext("A text has at most %(count)s characters.", count=LONGEST_TEXT)
        if error:
            page = render_template("simulator.html", error=error, typed_text=body, **shown)
            return page, 422
    answer_from(current_context(), shown["phone"].number, body)
    return redirect(url_for("simulator.phones", phone=shown["phone"].number), 303)


@bp.post("/keys")
@open_to_everyone
def press() -> ResponseReturnValue:
    """Somebody takes a ringing phone and presses a key, or hangs up."""
    number, key = typed.line("phone"), typed.line("key")
    with current_context().reading() as uow:
        phone = _shown(uow)["phone"]
    rings = {one["our_id"] for one in phone.ringing} if phone else set()
    attempt = typed.line("ring")
    if attempt in rings:
        said = key_pressed(current_context(), UUID(attempt), number, key[:8])
        if said.private:  # not into the cookie that carries notices
            return _heard(said.text)
        flash(said.text, "warn" if said.asks else "quiet")
    else:
        flash(gettext("It does not ring any more."), "warn")
    return redirect(url_for("simulator.phones", phone=number), 303)


def _heard(text: str) -> ResponseReturnValue:
    with current_context().reading() as uow:
        return render_template(
            "simulator.html", error=None, typed_text="", heard=text, **_shown(uow)
        )


def _shown(uow: UnitOfWork) -> dict[str, Any]:
    telephones = _telephones(uow)
    wanted = request.values.get("phone", "")
    return {
        "phones": sorted(telephones, key=lambda phone: (-_last(phone), phone.unit, phone.owner)),
        "phone": next((phone for phone in telephones if phone.number == wanted), None),
        "now": uow.now,
    }


def _last(phone: Telephone) -> float:
    return phone.texts[-1].at.timestamp() if phone.texts else 0.0


def _telephones(uow: UnitOfWork) -> list[Telephone]:
    context = current_context()
    texts: dict[str, list[Text]] = {}
    for message in cast("InventedNetwork", context.phone).messages():
        ours = message["direction"] == "outbound"
        number = message["to"] if ours else message["from"]
        at = datetime.fromisoformat(message["at"])
        texts.setdefault(number, []).append(Text(message["body"], at, ours))
    rings: dict[str, list[dict[str, str]]] = {}
    for ring in cast("InventedNetwork", context.phone).ringing():
        rings.setdefault(ring["to"], []).append(ring)
    members = uow.session.scalars(
        select(Responder)
        .where(Responder.retired_at.is_(None))
        .options(joinedload(Responder.team))
        .order_by(Responder.created_at, Responder.id)
    )
    found = [
        Telephone(
            member.phone or "",
            listed(", ", (member.name, role_name(member.role))),
            member.team.name,
            texts.pop(member.phone or "", []),
            rings.pop(member.phone or "", []),
        )
        for member in members
    ]
    others = {p.phone: p.name for p in rosters.partners(uow)}
    others[context.centre.policy.desk_phone] = gettext("The desk's telephone")
    found += [
        Telephone(
            number,
            others.get(number, gettext("Somebody else")),
            "",
            texts.get(number, []),
            rings.get(number, []),
        )
        for number in dict.fromkeys((*texts, *rings))
    ]
    return found
