""" "Who is coming?" in plain sentences, to be read to the caller in English or Spanish."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from triage.domain.facts import Response
from triage.domain.ruleset import NOT_ANSWERED
from triage.domain.words import Translate, Words, msgid

MOVED = timedelta(minutes=10)
"""An arrival that moves by more has to be told again."""
LATE, SOON, HALF, ASKED, LAST = "late", "soon", "/half", "/asked", "/last"
"""What was told of a team: instead of its time, and behind its name."""

NOT_TOLD = {
    "line_lost": msgid("The line was lost"),
    "not_safe": msgid("It is not safe to say it now"),
    "rang_off": msgid("They hung up"),
    "language": msgid("No common language, no interpreter yet"),
    "relayed": msgid("Another agency tells them"),
}

_SAY: Mapping[str, Mapping[str, str]] = {
    "en": {
        "comes": "{who} will come.",
        "comes_to_you": "{who} will come to you.",
        "asked": "We have asked for {who}; nobody has confirmed yet.",
        "phone_asked": "We ring for somebody to speak with you: {who}. Nobody has answered yet.",
        "tell": "We tell you as soon as we know.",
        "phone": "{who} will speak with you.",
        "phone_too": "{who} will speak with you as well while you wait.",
        "no_door": "Nobody comes to the door.",
        "dress_armed": "They wear: {dress}. Officers carry weapons.",
        "dress_unarmed": "They wear: {dress}, and carry no weapons.",
        "armed": "They carry weapons.",
        "unarmed": "They carry no weapons.",
        "there": "They are there now.",
        "some_there": "Some of them are there now, the others are not there yet.",
        "half_there": "Some of them are there now; we look for the others.",
        "eta": "They should be there at about {clock}.",
        "etas": "The first should be there at about {clock}, all of them at about {all}.",
        "soon": "They come as soon as they can; we do not know the minute yet.",
        "late": "They should have been there by {clock}. We cannot say yet when they come.",
        "half": "So far only some of this team are on the way; we look for the others.",
        "police_why": "Police are asked to come because: {why}",
        "police_for_you": "Police are asked to come so that you and everybody near you stay safe.",
        "police_instead": "Police are asked to come because no other team can come now.",
        "police_unanswered": "Police are asked to come because some questions got no answer.",
        "no_police": "No police are on the way.",
        "nobody": "Nobody is on the way at this moment.",
        "instead": "We have not found a team yet, and we go on looking.",
        "asking": "We need a few more answers from you to know who can help.",
        "none_needed": "Nobody will come. {advice}",
        "advice": "If anything changes, call us again.",
        "stay": "Stay where you are if it is safe, and keep this telephone near you.",
        "hands": "When they come, hold nothing in your hands and tell them that you called.",
        "hands_for_you": "They come to help. Please hold nothing in your hands when they come in.",
        "worse": "If it gets worse or somebody is hurt, call again at once.",
        "call_back": "If nobody has come by {clock}, we call you back.",
        "others_back": "If the others have not come by {clock}, we call you back.",
        "phone_back": "If nobody has spoken with you by {clock}, we call you back.",
        "no_number": "We have no number on which we can call you back: tell us one now.",
        "no_call_back": "We will not ring you back, because that may not be safe for you.",
    },
    "es": {
        "comes": "Irá: {who}.",
        "comes_to_you": "Irá a verle: {who}.",
        "asked": "Hemos pedido que vaya {who}; nadie lo ha confirmado todavía.",
        "phone_asked": "Buscamos a alguien que hable con usted: {who}. Aún no ha contestado nadie.",
        "tell": "Se lo decimos en cuanto lo sepamos.",
        "phone": "Hablará con usted: {who}.",
        "phone_too": "Mientras espera hablará también con usted: {who}.",
        "no_door": "No va nadie a su puerta.",
        "dress_armed": "Visten: {dress}. Los agentes llevan armas.",
        "dress_unarmed": "Visten: {dress}, y no llevan armas.",
        "armed": "Llevan armas.",
        "unarmed": "No llevan armas.",
        "there": "Ya están ahí.",
        "some_there": "Algunos ya están ahí; los demás todavía no.",
        "half_there": "Algunos ya están ahí; buscamos a los demás.",
        "eta": "Deberían llegar hacia las {clock}.",
        "etas": "Los primeros deberían llegar hacia las {clock}, y todos hacia las {all}.",
        "soon": "Irán en cuanto puedan; todavía no sabemos a qué hora llegan.",
        "late": "Deberían haber llegado a las {clock}. Aún no podemos decir cuándo llegan.",
        "half": "Por ahora solo va una parte de este equipo; buscamos a los demás.",
        "police_why": "Se pide policía por este motivo: {why}",
        "police_why_written": "Se pide policía por esto (está en inglés, dígalo en español): {why}",
        "police_for_you": "Se pide policía para que usted y quienes están cerca estén a salvo.",
        "police_instead": "Se pide policía porque ahora no puede ir ningún otro equipo.",
        "police_unanswered": "Se pide policía porque algunas preguntas quedaron sin respuesta.",
        "no_police": "No va policía.",
        "nobody": "En este momento nadie va de camino.",
        "instead": "Aún no hemos encontrado un equipo y seguimos buscando.",
        "asking": "Necesitamos unas respuestas más para saber quién puede ayudar.",
        "none_needed": "No va nadie. {advice}",
        "advice": "Si algo cambia, vuelva a llamarnos.",
        "stay": "Quédese donde está si es seguro y tenga el teléfono a mano.",
        "hands": "Cuando lleguen, no tenga nada en las manos y dígales que llamó usted.",
        "hands_for_you": "Vienen a ayudar. Por favor, no tenga nada en las manos cuando entren.",
        "worse": "Si empeora o alguien está herido, llame de nuevo enseguida.",
        "call_back": "Si nadie ha llegado a las {clock}, le llamamos.",
        "others_back": "Si los demás no han llegado a las {clock}, le llamamos.",
        "phone_back": "Si nadie ha hablado con usted a las {clock}, le llamamos.",
        "no_number": "No tenemos ningún número para llamarle: díganos uno ahora.",
        "no_call_back": "No le devolveremos la llamada, porque puede no ser seguro para usted.",
    },
}
LANGUAGES = tuple(_SAY)
_REST = {
    "officer": Words((("en", "An officer"), ("es", "Un agente"))),
    "clinician": Words((("en", "A clinician"), ("es", "Un profesional clínico"))),
    "": Words((("en", "The rest of the team"), ("es", "El resto del equipo"))),
}
"""Who still comes of a team, by the one role that is left."""


@dataclass(frozen=True)
class Comer:
    """One response that is on its way, or is asked for."""

    response: Response
    at: datetime | None = None
    """When they should be there, as somebody said; what a level asks for is no promise. The first
    of them, where they come apart."""
    all_at: datetime | None = None
    """When all should be there, where that is later."""
    asked: bool = False
    """Nobody has accepted it or confirmed it in CAD: no time can be said."""
    there: bool = False
    """All of them."""
    late: bool = False
    """That time is over, and they are not there."""
    half: bool = False
    """Some of the team come; the rest is sought, or nobody is left to ask."""
    some_there: bool = False
    """Some of the team are there; the time is that of the others."""
    rest: tuple[str, ...] = ()
    """The roles of those who still come, where others of the team were there and are done."""

    @property
    def by_phone(self) -> bool:
        """They speak with the caller and come to no door."""
        return self.response.reached_by == "transfer"


@dataclass(frozen=True)
class Answer:
    """What is true now for whoever asks."""

    comers: Sequence[Comer]
    sought: bool
    """Somebody is owed and nobody is left to ask, or nobody was asked yet."""
    police_because: Sequence[str]
    """The sentences of the rules that made police come; nobody else's reasons."""
    call_back_at: datetime | None
    """None where ringing back may not be safe."""
    call_back_passed: datetime | None = None
    """The one before, where it has passed and nobody has told the caller of it."""
    police_instead: bool = False
    """Police come for want of another team."""
    to_themselves: bool = False
    """The caller is the person whom it is about: no rule's words about them are read to them, and
    nothing that sounds as if they were suspected."""
    at_the_place: bool | None = None
    """Is the caller where whoever comes goes to? None: nobody has asked."""
    can_ring: bool = True
    """A number is known on which the caller can be rung."""
    asking: bool = False
    """Nobody was asked to come, because answers are still to come."""

    @property
    def gist(self) -> list[list[str | None]]:
        """What has to be told anew when it changes: who, and when."""
        found: list[list[str | None]] = []
        for one in self.comers:
            name = f"{one.response.id}{_behind(one)}"
            found.append([name, _when(one)])
            if one.all_at and not one.late:
                found.append([name + LAST, one.all_at.isoformat()])
        return sorted(found, key=lambda one: one[0] or "")


def _behind(one: Comer) -> str:
    rest = f"/{'+'.join(sorted(one.rest))}" if one.rest else ""
    return f"{ASKED if one.asked else ''}{HALF if one.half else ''}{rest}"


def rest_of(kind: Response, roles: Collection[str]) -> Response:
    """What is left of a team: only who still comes may be said, and whether they are armed."""
    police = kind.public_safety and set(roles) != {"clinician"}
    role = next(iter(roles)) if len(roles) == 1 else ""
    return replace(
        kind,
        comes=_REST.get(role, _REST[""]),
        dress=None,
        armed=kind.armed and police,
        public_safety=police,
    )


def _when(one: Comer) -> str | None:
    if one.there or one.asked:
        return None
    return LATE if one.late else one.at.isoformat() if one.at else SOON


def script(
    answer: Answer, language: str, clock: Mapping[datetime, str], translate: Translate
) -> list[str]:
    """What is read out, in this order: a line for each who comes, what to do, when we ring back.

    clock -- the local time of each instant of the answer, in words.
    translate -- the catalogue of that language, for what the rules say.
    """
    say = _SAY.get(language, _SAY["en"])
    at_the_door = [one for one in answer.comers if not one.by_phone]
    comes = say["comes_to_you" if answer.at_the_place else "comes"]
    said = [" ".join(_of(one, comes, say, language, clock)) for one in at_the_door]
    if not at_the_door and answer.sought:
        said = [say["nobody"], say["asking" if answer.asking else "instead"]]
    elif not answer.comers:
        said = [say["none_needed"].format(advice=say["advice"])]
    said += _by_phone(answer, say, language, bool(said))
    said += _police(answer, say, translate)
    if answer.comers or answer.sought:
        said += _meanwhile(answer, say, clock)
    return said


def _by_phone(answer: Answer, say: Mapping[str, str], language: str, too: bool) -> Iterator[str]:
    """too -- something was said of who comes to the door."""
    spoken = [one for one in answer.comers if one.by_phone]
    for one in spoken:
        how = "phone_asked" if one.asked else "phone_too" if too else "phone"
        yield say[how].format(who=_name(one, language))
    if spoken and not too:
        yield say["no_door"]


def _police(answer: Answer, say: Mapping[str, str], translate: Translate) -> list[str]:
    if not any(one.response.public_safety for one in answer.comers):
        ours = any(one.response.reached_by == "page" for one in answer.comers)
        return [say["no_police"]] if ours and not answer.sought else []
    if answer.police_because and answer.to_themselves:
        return [say["police_for_you"]]
    if why := [one for one in answer.police_because if one != NOT_ANSWERED]:
        told = [translate(one) for one in why]
        as_written = not set(told).isdisjoint(why) and say.get("police_why_written")
        return [(as_written or say["police_why"]).format(why=" ".join(told))]
    if answer.police_because:
        return [say["police_unanswered"]]
    return [say["police_instead"]] if answer.police_instead else []


def _meanwhile(
    answer: Answer, say: Mapping[str, str], clock: Mapping[datetime, str]
) -> Iterator[str]:
    armed = any(one.response.armed for one in answer.comers)
    hands = "hands_for_you" if answer.to_themselves else "hands"
    shown = armed and answer.at_the_place is not False
    yield " ".join(say[key] for key in ("stay", *([hands] if shown else []), "worse"))
    if not _anybody_missing(answer):
        return
    at = answer.call_back_at
    if at is None:
        yield say["no_call_back"]
    elif how := promise(answer):
        tell = [say["tell"]] if any(one.asked for one in answer.comers) else []
        yield " ".join([*tell, say[how].format(clock=clock[at])])
    else:
        yield say["no_number"]


def _anybody_missing(answer: Answer) -> bool:
    return answer.sought or not all(one.there or one.some_there for one in answer.comers)


def promise(answer: Answer) -> str | None:
    """Whose not coming makes us ring back; None where the script promises no call-back. Of who is
    there already nobody may be missed."""
    if answer.call_back_at is None or not answer.can_ring or not _anybody_missing(answer):
        return None
    missing = [one for one in answer.comers if not one.there]
    if not answer.sought and all(one.by_phone for one in missing):
        return "phone_back"
    come = any((one.there or one.some_there) and not one.by_phone for one in answer.comers)
    return "others_back" if come else "call_back"


def _of(
    one: Comer, comes: str, say: Mapping[str, str], language: str, clock: Mapping[datetime, str]
) -> list[str]:
    kind = one.response
    name = _name(one, language)
    said = [say["asked"].format(who=_small(name)) if one.asked else comes.format(who=name)]
    arms = "armed" if kind.armed else "unarmed"
    dress = _small(kind.dress.say(language)) if kind.dress else None
    said.append(say[f"dress_{arms}"].format(dress=dress) if dress else say[arms])
    if one.asked:
        return said
    if one.there:
        return [*said, say["there"]]
    if one.half and one.some_there:  # when the others come nobody can say
        return [*said, say["half_there"]]
    if one.half:
        said.append(say["half"])
    if one.some_there:
        said.append(say["some_there"])
    if one.at is None:
        return [*said, say["soon"]]
    if one.all_at and not (one.late or one.half):
        return [*said, say["etas"].format(clock=clock[one.at], all=clock[one.all_at])]
    return [*said, say["late" if one.late else "eta"].format(clock=clock[one.at])]


def _name(one: Comer, language: str) -> str:
    kind = one.response
    return kind.comes.say(language) if kind.comes else kind.label(language)


def _small(text: str) -> str:
    """To stand inside a sentence; an abbreviation stays."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def must_be_told_again(told: Sequence[Sequence[Any]], now: Sequence[Sequence[Any]]) -> bool:
    """Has the answer changed since it was told: somebody else, nobody, or another time of the
    first of them or of the last?"""
    before, after = ({one[0]: one[1] for one in gist} for gist in (told, now))
    names = {name for name in after if not name.endswith(LAST)}
    return names != {name for name in before if not name.endswith(LAST)} or any(
        _moved(before[name], after[name])
        or _moved(before.get(name + LAST, before[name]), after.get(name + LAST, after[name]))
        for name in names
    )


def _moved(before: str | None, after: str | None) -> bool:
    """Is the time another, or known at last? Who is there now, as was said, has to be told of to
    nobody."""
    if before is None or after is None or before == after:
        return False
    if not {LATE, SOON}.isdisjoint((before, after)):
        return True
    return abs(datetime.fromisoformat(after) - datetime.fromisoformat(before)) > MOVED
