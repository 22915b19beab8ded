"""Every text the service sends, in one place, each a sentence of the catalogue (domain/texts.py).

No text names the person in crisis or says anything of their health. Only whoever
has accepted is told the place, because the team cannot get there without it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from triage.domain.role_words import role_name
from triage.domain.speech_wording import DANGERS, QUIET
from triage.domain.texts import SEGMENT, Text, gsm7, sms, units
from triage.domain.timing import within
from triage.domain.words import Sentence, Spoken, Translate, listed, msgid, speak

_LEVELS = (
    msgid("IMMEDIATE"),
    msgid("URGENT"),
    msgid("VERY URGENT"),
    msgid("PROMPT"),
    msgid("ROUTINE"),
)
"""Usual words of rule sets: what else they call a level is said as it stands there."""
_HELP = {
    "co_responder": msgid("officer + clinician"),
    "community_responder": msgid("community team"),
    "crisis_line": msgid("telephone call"),
    "dv_advocate": msgid("advocate"),
    "homeless_outreach": msgid("street outreach"),
    "mediation": msgid("mediators"),
    "mobile_crisis": msgid("mobile team"),
    "police": msgid("patrol"),
    "police_cit": msgid("CIT officer"),
    "school_team": msgid("school team"),
    "social_services": msgid("case work"),
    "sobering": msgid("transport"),
    "telehealth": msgid("video call"),
    "youth_mobile_crisis": msgid("youth mobile team"),
}
_PAGE_GIVES_WAY = (
    ("area", 8),
    ("partner", 0),
    ("help_wanted", 8),
    ("area", 0),
    ("level", 9),
    ("link", 0),
)
"""Which part of a page is cut first when it does not fit, and to how many characters."""


def help_words(response: str) -> Spoken:
    """A response of the vocabulary in plain words: none of them tells of anybody's health."""
    return _HELP.get(response) or msgid("team")


def level_words(label: str, *, raised: bool = False) -> Spoken:
    """A level's word as a rule set has it; raised -- it was a lower one when they were asked."""
    return msgid("%(level)s (raised)", level=Sentence(label)) if raised else Sentence(label)


def relief_for(who: str) -> Spoken:
    """What a page asks for where a team is to be relieved."""
    return msgid("relief for %(who)s", who=who)


class Page(Spoken):
    """The alert to one member of a team: one segment of GSM-7, in every language."""

    parts: Mapping[str, Any]

    def __new__(cls, parts: Mapping[str, Any]) -> "Page":
        self = super().__new__(cls, _fitted(parts, str))
        self.parts = parts
        return self

    def spoken(self, language: str, translate: Translate) -> str:
        return _fitted(self.parts, lambda it: str(speak(it, language, translate)))


def page(
    code: str,
    *,
    level: str,
    within_min: int,
    help_wanted: Spoken,
    area: str | None,
    partner: str | None,
    link: str,
    unsafe: bool = False,
) -> Page:
    """The alert to one member of a team.

    level -- the level's word, "URGENT"; help_wanted -- see `help_words`; area -- the zone;
    partner -- who else is asked, by role or call sign; link -- PUBLIC_URL/p/SECRET;
    unsafe -- a team has left this call because it was not safe.

    What does not fit gives way in this order: the area is cut, the partner dropped, the
    kind of help cut, the area dropped, the level's word cut, the link dropped. The
    minutes, the code, what to reply and a warning always stand.
    """
    return Page(
        {
            "unsafe": UNSAFE if unsafe else "",
            "level": level_words(level),
            "within": within(within_min),
            "help_wanted": help_wanted,
            "area": area or "",
            "partner": sms("with %(partner)s", partner=role_name(partner)) if partner else "",
            "link": link,
            "reply": sms("Reply %(code)s 1=accept 2=decline", code=code),
        }
    )


def _fitted(parts: Mapping[str, Any], say: Callable[[Any], str]) -> str:
    said = {name: it if name == "link" else gsm7(say(it)) for name, it in parts.items()}
    for name, shortest in _PAGE_GIVES_WAY:
        too_long = units(_page(**said)) - SEGMENT[True][0]
        if too_long <= 0:
            break
        keep = max(shortest, len(said[name]) - too_long) if shortest else 0
        said[name] = said[name][:keep].rstrip()
    return _page(**said)


def _page(
    *,
    unsafe: str,
    level: str,
    within: str,
    help_wanted: str,
    area: str,
    partner: str,
    link: str,
    reply: str,
) -> str:
    said = ", ".join(filter(None, [f"{level}, {within}: {help_wanted}", area, partner]))
    return " ".join(filter(None, [unsafe, f"{said}.", link, reply]))


UNSAFE = sms("UNSAFE, a team left.")
ASK_FIRST = sms("UNSAFE: a team had to leave. Ask dispatch before you go in.")
_ASK_FOR_THE_PLACE = msgid("ask dispatch for the place")


def _sentences(*parts: str | None) -> Spoken:
    return listed(" ", filter(None, parts))


def _going(
    place: str | None,
    others: Sequence[Spoken],
    *,
    unsafe: bool = False,
    quiet: bool = False,
    dangers: bool = False,
) -> tuple[str | None, ...]:
    """What whoever goes is told: warnings, where to, and with whom."""
    return (
        ASK_FIRST if unsafe else None,
        QUIET if quiet else None,
        DANGERS if dangers and not unsafe else None,
        sms("Go to: %(place)s.", place=place or _ASK_FOR_THE_PLACE),
        sms("With: %(team)s.", team=listed(", ", others)) if others else None,
    )


def accepted(
    code: str, place: str | None, others: Sequence[Spoken], *, link: str, **warnings: bool
) -> Spoken:
    """place -- exactly as the caller said it; others -- the partners: "CIT 2 officer";
    link -- their page of the call, without a sign-in; warnings -- see `_going`."""
    return _sentences(
        sms("%(code)s accepted, it is yours.", code=code),
        *_going(place, others, **warnings),
        link,
        sms(
            "Next reply %(code)s GO as you leave, %(code)s ETA 10, %(code)s SCENE, %(code)s CLEAR. "
            "If you need help: %(code)s ASSIST",
            code=code,
        ),
    )


def assigned(
    code: str,
    place: str | None,
    others: Sequence[Spoken],
    *,
    link: str,
    instead_of: str | None = None,
    **warnings: bool,
) -> Spoken:
    """To a member to whom a dispatcher gave the call by hand. instead_of -- the call they leave."""
    given = sms("%(code)s is yours, given to you by dispatch.", code=code)
    if instead_of is not None:
        given = sms("%(code)s is yours by dispatch, not %(other)s.", code=code, other=instead_of)
    return _sentences(
        given,
        *_going(place, others, **warnings),
        link,
        sms(
            "Next reply %(code)s GO as you leave, %(code)s ETA 10, %(code)s SCENE, %(code)s CLEAR, "
            "or %(code)s 2 to give it back",
            code=code,
        ),
    )


def partner_accepted(code: str, role: str, who: str) -> Text:
    return sms(
        "%(code)s: %(role)s %(who)s has accepted too and comes with you.",
        code=code,
        role=role_name(role),
        who=gsm7(who),
    )


def half_pair(code: str, missing_role: str) -> Text:
    """A partner gave the call back: the other half is told at once."""
    return sms(
        "%(code)s: your %(role)s has given it back. Another one is being asked.",
        code=code,
        role=role_name(missing_role),
    )


def declined(code: str, then: Spoken) -> Text:
    """then -- what follows, a sentence."""
    return sms("%(code)s declined. %(then)s", code=code, then=then)


def eta(code: str, minutes: int) -> Text:
    return sms(
        "%(code)s: you arrive in %(minutes)s min. On arrival reply %(code)s SCENE",
        code=code,
        minutes=minutes,
    )


def en_route(code: str) -> Text:
    return sms(
        "%(code)s: you are on the way. Reply %(code)s ETA 10 for minutes, "
        "%(code)s SCENE on arrival",
        code=code,
    )


def on_scene(code: str) -> Text:
    return sms(
        "%(code)s: you are on scene. If you need help: %(code)s ASSIST. If you must leave, unsafe: "
        "%(code)s WITHDRAW. When done: %(code)s CLEAR",
        code=code,
    )


def cleared(code: str) -> Text:
    """With the question whether the triage was right."""
    return sms(
        "%(code)s cleared, you are free. Was it the right team? Reply %(code)s and "
        "1=right team 2=not needed 3=unsafe without police 4=too late",
        code=code,
    )


def cleared_and_answered(code: str) -> Text:
    """Whoever has said already whether the triage was right, in their note, is not asked again."""
    return sms("%(code)s cleared, you are free. Thank you for your answer.", code=code)


def noted(code: str) -> Text:
    return sms(
        "%(code)s: your note is kept. It stands in the call for dispatch and the team.", code=code
    )


def verdict_thanks(code: str) -> Text:
    return sms("%(code)s: thank you, your answer is kept.", code=code)


def taken_by(code: str, who: str) -> Text:
    """who -- as `who_has` says it."""
    return sms("%(code)s: Taken by %(who)s, stand down.", code=code, who=listed("", [who]))


ASKED_ANEW = msgid("teams are asked anew")
NO_RELIEF_NEEDED = msgid("no relief is needed")
WHY_NOT_NEEDED = {
    "caller_cancelled": msgid("caller canceled"),
    "changed_response": msgid("another response was chosen"),
    "duplicate": msgid("duplicate call"),
    "unsafe": msgid("not safe for this team"),
    "not_needed": msgid("not needed any more"),
    "other_county": msgid("another county has it"),
    "closed": msgid("the call was closed"),
}
"""By code of CANCEL_REASONS."""


def stand_down(code: str, why: Spoken) -> Text:
    """why -- a few words: "caller cancelled"."""
    return sms("%(code)s: Stand down, %(why)s.", code=code, why=why)


_WITH_OTHERS = frozenset({"seeking", "paged", "unfilled", "half_formed", "replaced", "withdrawn"})
_OVER = {
    "cancelled": msgid("%(code)s: team called off, the call may go on. Nothing was changed."),
    "cleared": msgid("%(code)s: team has cleared, the call may go on. Nothing was changed."),
    "closed": msgid("%(code)s is closed. Nothing was changed."),
    "handed_over": msgid("%(code)s is handed over. Nothing was changed."),
}


_STATES = {
    "cancelled": msgid("canceled"),
    "cleared": msgid("cleared"),
    "en_route": msgid("en route"),
    "paged": msgid("paged"),
    "replaced": msgid("replaced"),
    "seeking": msgid("seeking"),
    "unfilled": msgid("unfilled"),
    "withdrawn": msgid("withdrawn"),
}


def state_words(state: str) -> Spoken:
    """Of a place in a team that nobody has."""
    return _STATES.get(state) or Sentence(state.replace("_", " "))


def not_open(code: str, state: str) -> Text:
    """An answer that came too late; state -- of the call, dispatch or place."""
    if state in _WITH_OTHERS:
        return sms(
            "%(code)s is not yours any more, others are asked for it. Nothing was changed.",
            code=code,
        )
    if state in _OVER:
        return Text(_OVER[state], {"code": code})
    return sms("%(code)s is not open any more. Nothing was changed.", code=code)
