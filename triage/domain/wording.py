"""Every text the service sends, in one place, so that a catalogue can take them.

No text names the person in crisis or says anything of their health. Only `accepted`
carries the place, because the team cannot get there without it.
"""

import unicodedata
from collections.abc import Sequence

from triage.domain.speech_wording import QUIET
from triage.domain.timing import within

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWICE = frozenset("\f^{}\\[~]|€")
_SEGMENT = {True: (160, 153), False: (70, 67)}
"""What one text holds alone, and as a part of several: GSM-7 septets, UCS-2 units."""
_TYPOGRAPHY = str.maketrans("‘’‚“”„–—…\u00a0", "'''\"\"\"--. ")

_HELP = {
    "co_responder": "officer + clinician",
    "community_responder": "community team",
    "crisis_line": "telephone call",
    "dv_advocate": "advocate",
    "homeless_outreach": "street outreach",
    "mediation": "mediators",
    "mobile_crisis": "mobile team",
    "police": "patrol",
    "police_cit": "CIT officer",
    "school_team": "school team",
    "social_services": "case work",
    "sobering": "transport",
    "telehealth": "video call",
    "youth_mobile_crisis": "youth mobile team",
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


def help_words(response: str) -> str:
    """A response of the vocabulary in plain words: none of them tells of anybody's health."""
    return _HELP.get(response, "team")


def page(
    code: str,
    *,
    level: str,
    within_min: int,
    help_wanted: str,
    area: str | None,
    partner: str | None,
    link: str,
    unsafe: bool = False,
) -> str:
    """The alert to one member of a team: one segment of GSM-7.

    level -- the level's word, "URGENT"; help_wanted -- see `help_words`; area -- the zone;
    partner -- who else is asked, by role or call sign; link -- PUBLIC_URL/p/SECRET;
    unsafe -- a team has left this call because it was not safe.

    What does not fit gives way in this order: the area is cut, the partner dropped, the
    kind of help cut, the area dropped, the level's word cut, the link dropped. The
    minutes, the code, what to reply and a warning always stand.
    """
    parts = {
        "level": gsm7(level),
        "help_wanted": gsm7(help_wanted),
        "area": gsm7(area or ""),
        "partner": _plain(partner or ""),
        "link": link,
    }
    for name, shortest in _PAGE_GIVES_WAY:
        too_long = _units(_page(code, within_min, unsafe, **parts)) - _SEGMENT[True][0]
        if too_long <= 0:
            break
        keep = max(shortest, len(parts[name]) - too_long) if shortest else 0
        parts[name] = parts[name][:keep].rstrip()
    return _page(code, within_min, unsafe, **parts)


def _page(
    code: str,
    within_min: int,
    unsafe: bool,
    *,
    level: str,
    help_wanted: str,
    area: str,
    partner: str,
    link: str,
) -> str:
    said = ", ".join(filter(None, [f"{level}, {within(within_min)}: {help_wanted}", area]))
    said = f"{UNSAFE} {said}" if unsafe else said
    beside = f", with {partner}" if partner else ""
    return " ".join(filter(None, [f"{said}{beside}.", link, f"Reply {code} 1=accept 2=decline"]))


UNSAFE = "UNSAFE, a team left."
ASK_FIRST = "UNSAFE: a team had to leave. Ask dispatch before you go in."


def accepted(
    code: str,
    place: str | None,
    others: Sequence[str],
    *,
    unsafe: bool = False,
    quiet: bool = False,
) -> str:
    """place -- exactly as the caller said it; others -- the partners: "CIT 2 officer"."""
    team = f" With: {', '.join(map(_plain, others))}." if others else ""
    warned = (f" {ASK_FIRST}" if unsafe else "") + (f" {QUIET}" if quiet else "")
    return (
        f"{code} accepted, it is yours.{warned} Go to: "
        f"{place or 'ask dispatch for the place'}.{team} "
        f"Next reply {code} ETA 10, {code} SCENE, {code} CLEAR. If you need help: {code} ASSIST"
    )


def assigned(
    code: str,
    place: str | None,
    others: Sequence[str],
    *,
    unsafe: bool = False,
    quiet: bool = False,
) -> str:
    """To a member to whom a dispatcher gave the call by hand."""
    team = f" With: {', '.join(map(_plain, others))}." if others else ""
    warned = (f"{ASK_FIRST} " if unsafe else "") + (f"{QUIET} " if quiet else "")
    return (
        f"{code} is yours, given to you by dispatch. {warned}"
        f"Go to: {place or 'ask dispatch for the place'}.{team} "
        f"Next reply {code} ETA 10, {code} SCENE, {code} CLEAR, or {code} 2 to give it back"
    )


def partner_accepted(code: str, role: str, who: str) -> str:
    return f"{code}: {_plain(role)} {_plain(who)} has accepted too and comes with you."


def half_pair(code: str, missing_role: str) -> str:
    """A partner gave the call back: the other half is told at once."""
    return f"{code}: your {_plain(missing_role)} has given it back. Another one is being asked."


def declined(code: str, then: str) -> str:
    """then -- what follows, a sentence."""
    return f"{code} declined. {then}"


def eta(code: str, minutes: int) -> str:
    return f"{code}: you arrive in {minutes} min. On arrival reply {code} SCENE"


def en_route(code: str) -> str:
    return f"{code}: you are on the way. Reply {code} ETA 10 for minutes, {code} SCENE on arrival"


def on_scene(code: str) -> str:
    return (
        f"{code}: you are on scene. If you need help: {code} ASSIST. If you must leave, unsafe: "
        f"{code} WITHDRAW. When done: {code} CLEAR"
    )


def cleared(code: str) -> str:
    """With the question whether the triage was right."""
    return (
        f"{code} cleared, you are free. Was it the right team? Reply {code} and "
        "1=right team 2=not needed 3=unsafe without police 4=too late"
    )


def help_raised(code: str) -> str:
    return f"{code}: ALARM RAISED, dispatch is told that you need help. Use your radio if you can."


def help_unplaced() -> str:
    """A cry for help from a phone that is on no call."""
    return "ALARM RAISED: dispatch sees this text, but you are on no call. Use your radio or phone."


def noted(code: str) -> str:
    return f"{code}: your note is kept. It stands in the call for dispatch and the team."


def verdict_thanks(code: str) -> str:
    return f"{code}: thank you, your answer is kept."


def taken_by(code: str, who: str) -> str:
    return f"{code}: Taken by {gsm7(who)}, stand down."


def stand_down(code: str, why: str) -> str:
    """why -- a few words: "caller cancelled"."""
    return f"{code}: Stand down, {gsm7(why)}."


_WITH_OTHERS = frozenset({"seeking", "paged", "unfilled", "half_formed", "replaced", "withdrawn"})


def not_open(code: str, state: str) -> str:
    """An answer that came too late; state -- of the call, dispatch or place."""
    if state in _WITH_OTHERS:
        return f"{code} is not yours any more, others are asked for it. Nothing was changed."
    return f"{code} is {_plain(state)}. Nothing was changed."


def unknown_code() -> str:
    """The same for a code that never was and for somebody else's."""
    return "No page of yours has this code. Look at the page again. Nothing was changed."


def which_code(codes: Sequence[str]) -> str:
    """An answer without a code while several questions are open."""
    return f"Which one? Open: {', '.join(codes)}. Reply with its code, like {codes[0]} 1"


def no_question() -> str:
    return "No question is open for this phone. Nothing was changed."


def need_code(code: str) -> str:
    return f"Nothing was changed. Reply {code} 1 to accept, {code} 2 to decline."


def yes_is_not_an_answer(code: str) -> str:
    """YES is a carrier's word for opting in and cannot accept a call."""
    return need_code(code)


def yours_already(code: str) -> str:
    """YES from whoever has the call."""
    return f"{code} is yours already, nothing was changed. If all is well reply {code} OK"


def not_understood(asked: str | None = None, in_hand: str | None = None) -> str:
    """With every word there is. asked -- the code of a page that waits for an answer;
    in_hand -- of the call that they have."""
    doing = "ETA 10, STAGED, SCENE, TRANSPORT, CLEAR, OK, ADDR, ASSIST, WITHDRAW, REPLACE, NOTE ..."
    answers = "1=accept 2=decline"
    if asked and in_hand:
        how = f"{asked} {answers}, or {in_hand} with {doing}"
    elif in_hand:
        how = f"{in_hand} with {doing}"
    else:
        how = f"{asked or 'CODE'} with {answers}, {doing}"
    return f"Not understood, nothing was changed. Reply {how}"


def left_to_a_person() -> str:
    """The second text in a row that nothing could be made of."""
    return "Not understood, nothing was changed. A dispatcher reads your text. Or phone dispatch."


def last_answer(said: str) -> str:
    """As long as a phone texts what changes nothing, somebody has to read it."""
    return f"{said} The next such texts get no answer: a dispatcher reads them."


def could_not_be_done() -> str:
    """Acting on a text failed for a fault of ours."""
    return "That could not be done, nothing was changed. A dispatcher reads it. Or phone dispatch."


def ambiguous(code: str | None = None) -> str:
    shown = code or "CODE"
    return f"That says two things, nothing was changed. Send one, like {shown} 1 or {shown} 2"


def unknown_number(centre: str) -> str:
    """To a phone that we cannot place: whoever it is may be in crisis."""
    return (
        f"{gsm7(centre)}: nobody reads texts to this number. In danger call 911. "
        "To talk with somebody now call or text 988."
    )


def opted_in() -> str:
    return "Texts to this phone are on again. You can be paged."


def follow_up_due(reference: str, what_kind: str, due_local: str) -> str:
    """what_kind -- the follow-up's kind, no health detail; due_local -- with its zone."""
    return f"Follow-up due: {reference}, {_plain(what_kind)}, {due_local}."


def partner_notice(reference: str, kind: str, centre: str, call_back_line: str) -> str:
    """To an organisation: that a referral waits and how to ask for it, not what it is about."""
    about = "" if kind == "referral" else f", {_plain(kind)}"
    waits = f"a referral waits for you{about}, reference {reference}"
    return f"{gsm7(centre)}: {waits}. {gsm7(call_back_line)}"


def _plain(key: str) -> str:
    return gsm7(key.replace("_", " "))


def gsm7(text: str) -> str:
    """The text in the letters of GSM-7: one curly quote would halve what a segment holds."""
    plain = " ".join(text.translate(_TYPOGRAPHY).split())
    return "".join(_gsm7_sign(sign) for sign in plain)


def _gsm7_sign(sign: str) -> str:
    if sign in _GSM7:
        return sign
    bare = unicodedata.normalize("NFKD", sign)
    return "".join(s for s in bare if s in _GSM7) or ("" if unicodedata.combining(sign) else "?")


def segments(text: str) -> int:
    """How many texts the carriers make of this one."""
    gsm = _is_gsm7(text)
    alone, part = _SEGMENT[gsm]
    if _units(text) <= alone:
        return 1
    count, room = 1, part
    for sign in text:
        if (size := _size(sign, gsm)) > room:  # neither an escape nor a surrogate pair is split
            count, room = count + 1, part
        room -= size
    return count


def _is_gsm7(text: str) -> bool:
    return all(sign in _GSM7 or sign in _GSM7_TWICE for sign in text)


def _units(text: str) -> int:
    gsm = _is_gsm7(text)
    return sum(_size(sign, gsm) for sign in text)


def _size(sign: str, gsm: bool) -> int:
    return 1 + (sign in _GSM7_TWICE if gsm else ord(sign) > 0xFFFF)
