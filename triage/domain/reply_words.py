"""The words of teams' texts, English and Spanish, in capitals and without accents."""

import re
from collections.abc import Sequence
from enum import StrEnum


class Verb(StrEnum):
    ACCEPT = "accept"
    DECLINE = "decline"
    ETA = "eta"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    STAGED = "staged"  # waiting near the scene until it is safe
    TRANSPORT = "transport"  # with the person to a hospital or crisis centre
    REPLACE = "replace"  # asks to be relieved
    WITHDRAW = "withdraw"  # must leave: it is not safe
    CLEAR = "clear"
    ALL_CLEAR = "all_clear"  # done, or that all is well: what it means depends on where they are
    HELP = "help"  # ASSIST and the like
    NO_HELP = "no_help"  # none is needed, in as many words
    NOTE = "note"
    ADDRESS = "address"  # a telephone call is to read it out
    SAFE = "safe"  # all is well: what somebody in the field is asked
    READY = "ready"  # a text reaches them: asked before a shift and in tests
    AMBIGUOUS = "ambiguous"  # two verbs, two codes or a verb that is denied: ask again


def words_in(text: str) -> frozenset[str]:
    """As words of texts are read."""
    return frozenset(text.upper().split())


CARRIER_WORDS = words_in(
    "stop stopall unsubscribe cancel end quit revoke optout start yes unstop help info"
)
_ENGLISH = {
    Verb.ACCEPT: "accept, accepted, accepting, acept, accpt, ack, acknowledge, acknowledged,"
    "take it, taking it",
    Verb.DECLINE: "decline, declined, declining, reject, rejected, refuse, no, nope, cant, cannot,"
    "can not, unable, unavailable, not available, cant make it, cannot make it, can not make it,"
    "cant go, cannot go, can not go, not going, cant accept, cannot accept, can not accept,"
    "dont accept, do not accept, not accepting",
    Verb.ETA: "eta",
    Verb.EN_ROUTE: "go, enroute, en route, on my way, on our way, on the way, omw, responding",
    Verb.ON_SCENE: "scene, on scene, onscene, at scene, on site, onsite, arrived",
    Verb.STAGED: "staged, staging, stage, staging near, staged near, staging nearby, staged nearby,"
    "waiting near, waiting nearby, waiting for police, standing by, holding nearby",
    Verb.TRANSPORT: "transport, transporting, transporting now, to hospital, to the hospital,"
    "en route to hospital, en route to the hospital, on the way to hospital, to crisis center,"
    "to the crisis center, to crisis centre, to the crisis centre,"
    "transport to hospital, transport to the hospital, transporting to hospital,"
    "transporting to the hospital, transporting to crisis center,"
    "transporting to the crisis center, transporting to crisis centre,"
    "transporting to the crisis centre",
    Verb.REPLACE: "replace, replacement, replace me, replace us, need replacement, relief,"
    "relieve me, relieve us, need relief, send relief, request relief, requesting relief",
    Verb.WITHDRAW: "withdraw, withdrawing, withdrawn, withdrew, unsafe, not safe, pulling out,"
    "pulled out, must leave, had to leave, have to leave, leaving unsafe, not safe leaving",
    Verb.CLEAR: "clear, cleared, done, finished, completed",
    Verb.ALL_CLEAR: "all clear",
    Verb.HELP: "assist, assistance, need help, needs help, need some help, send help, help me,"
    "help us, help needed, backup, back up, mayday, sos, officer down, send police, need police,"
    "not ok, not okay, shots fired, helpme, needhelp, send 911,"
    "hlep, hepl, ehlp",  # typed in a hurry: too short to be mended as longer words are
    Verb.ADDRESS: "addr, adr, adrs, addrs, address, adress",
    Verb.SAFE: "ok, okay, okey, im safe, i am safe, we are safe, all safe, all ok, all okay,"
    "all good, all well",
    Verb.READY: "ready, present",
}
_SPANISH = {
    Verb.ACCEPT: "acepto, aceptar, aceptado, lo tomo, la tomo, si, si acepto",
    Verb.DECLINE: "rechazo, rechazar, no voy, no puedo, no puedo ir, no puedo aceptar, no acepto,"
    "no disponible",
    Verb.EN_ROUTE: "voy, en camino, voy en camino, vamos en camino",
    Verb.ON_SCENE: "llegue, llegamos, en escena, en la escena, en el lugar, en sitio",
    Verb.STAGED: "espero cerca, esperando cerca, esperamos cerca, en espera, esperando policia",
    Verb.TRANSPORT: "traslado, trasladando, trasladamos, transportando, al hospital,"
    "en camino al hospital, traslado al hospital, trasladando al hospital, al centro de crisis",
    Verb.REPLACE: "relevo, reemplazo, necesito relevo, necesitamos relevo, pido relevo,"
    "pedimos relevo",
    Verb.WITHDRAW: "me retiro, nos retiramos, retirada, inseguro, no es seguro, no seguro",
    Verb.CLEAR: "termine, terminado, terminamos, libre",
    Verb.ALL_CLEAR: "listo, lista",
    Verb.HELP: "no estoy bien, ayuda, auxilio, socorro, emergencia",
    Verb.ADDRESS: "direccion, domicilio",
    Verb.SAFE: "bien, todo bien",
    Verb.READY: "presente",
}


def _by_phrase(verbs: dict[Verb, str]) -> dict[tuple[str, ...], Verb]:
    return {
        tuple(phrase.upper().split()): verb
        for verb, phrases in verbs.items()
        for phrase in phrases.split(",")
    }


HELP_CRIED = re.compile("H+E+L+P+|HLP")
"""Too short to be mended as longer words are, and typed by whoever has no time to look. As it is
spelled, and alone, it is the carriers'."""
ALARMING = words_in("911 emergency")
"""A cry for help where nothing else stands beside it: many machines that answer by themselves say
whom to ring in an emergency."""
VERB_OF = _by_phrase(_ENGLISH) | _by_phrase(_SPANISH)
LONGEST_PHRASE = max(map(len, VERB_OF))
FIRM = words_in("accept acepto decline rechazo eta")
"""A text that begins with one of these means it, whatever else it tells."""
FLEES = words_in("withdraw withdrawing withdrawn withdrew unsafe retirada inseguro")
"""So does one that begins with one of these: whoever flees tells why, with numbers and denials,
and has no time to be asked back."""
UNSAFE = words_in("unsafe safe inseguro seguro")
"""Words by which a phrase of WITHDRAW tells of danger; others may be of the end of a day."""
ASKS = (("IS",), ("ARE", "YOU"))
"""How a question begins: "is it clear" clears nobody."""
REQUESTS = frozenset({Verb.HELP, Verb.ADDRESS, Verb.REPLACE})
"""What is asked for means the same with a question mark."""
NOTE_WORDS = words_in("note notes nota")
DENIALS = words_in("not dont didnt wont never isnt arent nunca")
OTHER_DAYS = words_in("tomorrow tonight manana")
"""Beside a yes these say that nobody comes now: it is asked again."""
CONDITIONS = words_in(
    """if unless after when once until later maybe perhaps luego despues cuando hasta quizas talvez
    mas esta"""
)
"""So do these behind one, with nothing between but a code and BUT or ONLY: "accept if police come",
"acepto mas tarde". Elsewhere they may be of something else: "accept, will call when close"."""
BEFORE_CONDITIONS = words_in("but only pero solo")
FILLERS = words_in(
    """a am an and are at call can code copy de el estamos estoy favor gracias have hello hi hola
    i im is it its ive just k la lo my now ok okay our page please pls por reply roger team thank
    thanks the this thx unit we were will ya you"""
)
ORDINARY_WORDS = words_in(
    """clean cleans clears cheer scent scenes except expect excepted accent decides recline reclined
    arrive arrives alive lists vista liner liberal ayudas assess terminal
    read reads heady beady reedy presents presented resent prevent
    state stages stale stake stakes stare stave sage stag staff stayed strange staring stating
    staking stagings stagging transports transported replaced replaces belief believe reliefs
    relieved relieves relevos traslados translate withdraws sage safe retiradas seguro
    rouse routes routed scenes policy polite camion escenas cerco terca leaves lease"""
)
"""One letter from a verb, and words in their own right: never taken for it."""
_REACTIONS = (
    "liked, loved, disliked, laughed at, emphasized, emphasised, questioned, reacted .* to,"
    "removed .* from, to, le gusto, no le gusto, le encanto, le dio risa a, enfatizo,"
    "reacciono .* a"
)
REACTION = re.compile(
    rf"\W*({'|'.join(part.strip() for part in _REACTIONS.split(','))})\s*[“\"«„]", re.IGNORECASE
)
"""How phones tell of a thumb up on one of our own texts, which they then quote."""


def is_spanish(words: Sequence[str]) -> bool:
    """Does a text say one of these verbs in Spanish? words -- as they are read."""
    spanish = _by_phrase(_SPANISH)
    return any(
        tuple(words[at : at + length]) in spanish
        for at in range(len(words))
        for length in range(1, LONGEST_PHRASE + 1)
    )
