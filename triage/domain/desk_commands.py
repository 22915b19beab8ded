"""The command bar's little language: a verb, a call's code, a team, and what else it takes.

`a k7qm cit2` assigns. Upper and lower case are the same, and so are "cit2" and "CIT 2".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from triage.domain.codes import CANCEL_REASONS, DISPOSITIONS
from triage.domain.errors import Refused


@dataclass(frozen=True)
class Verb:
    """word -- what is typed; takes -- what follows it, as it is shown; does -- in words."""

    word: str
    takes: tuple[str, ...]
    does: str

    @property
    def example(self) -> str:
        return " ".join((self.word, *self.takes))


CALL, TEAM, MINUTES, WHO, UNIT, CAD, REASON, END = (
    "CODE",
    "TEAM",
    "MINUTES",
    "WHO",
    "UNIT",
    "CAD-NUMBER",
    "REASON",
    "ENDING",
)
VERBS = (
    Verb("a", (CALL, TEAM), "assign a team or a unit, by hand"),
    Verb("yes", (CALL, TEAM), "they accept, by radio"),
    Verb("no", (CALL, TEAM), "they decline, by radio: the next is asked"),
    Verb("eta", (CALL, TEAM, MINUTES), "they arrive in so many minutes"),
    Verb("go", (CALL, TEAM), "they are on the way"),
    Verb("near", (CALL, TEAM), "they wait near"),
    Verb("there", (CALL, TEAM), "they are on scene"),
    Verb("move", (CALL, TEAM), "they take the person somewhere"),
    Verb("clear", (CALL, TEAM), "they are done"),
    Verb("ok", (CALL, TEAM), "all is well, by radio"),
    Verb("send", (CALL,), "send what is recommended and missing"),
    Verb("again", (CALL,), "ask everybody again"),
    Verb("cad", (CALL, UNIT, CAD), "dispatched in CAD"),
    Verb("rang", (CALL,), "the caller was called back"),
    Verb("drop", (CALL, REASON), "cancel who comes"),
    Verb("end", (CALL, END), "close the call"),
    Verb("o", (CALL,), "open the call"),
    Verb("new", (), "take a new call"),
    Verb("board", (), "go to the board"),
)
BY_WORD = {verb.word: verb for verb in VERBS}
REASONS, ENDINGS = CANCEL_REASONS, DISPOSITIONS
_CODE = re.compile(r"[0-9A-Z]{4,6}|[0-9]{6}-[0-9A-Z]{6}")


@dataclass(frozen=True)
class Command:
    """call -- its code or reference, in capitals; rest -- the words that follow it, as typed."""

    verb: Verb
    call: str = ""
    rest: Sequence[str] = ()


def read(text: str) -> Command:
    """What was typed. A code alone opens its call. Raises Refused with what to type instead."""
    words = text.split()
    if not words:
        raise Refused("Type a command such as: a K7QM cit2. The keys are listed under ?.")
    verb = BY_WORD.get(words[0].lower())
    if verb is None:
        if len(words) == 1 and _CODE.fullmatch(words[0].upper()):
            return Command(BY_WORD["o"], words[0].upper())
        raise Refused(f"There is no command {words[0][:20]}. Known are: {', '.join(BY_WORD)}.")
    if not verb.takes:
        return Command(verb)
    if len(words) < 2:
        raise Refused(f"Type: {verb.example}.")
    return Command(verb, words[1].upper(), words[2:])


def key(name: str) -> str:
    """A name as it is compared: "CIT 2" and "cit2" are one."""
    return re.sub(r"[^0-9a-z]", "", name.lower())


def meant(typed: str, known: Sequence[str]) -> list[str]:
    """Those of `known` that may be meant: the same, or else beginning alike."""
    wanted = key(typed)
    same = [name for name in known if key(name) == wanted]
    return same or [name for name in known if wanted and key(name).startswith(wanted)]


def one_code(typed: Sequence[str], known: Mapping[str, str], what: str) -> str:
    """The code of a coded reason, by its first letters or by those of its words."""
    text = " ".join(typed)
    found = meant(text, list(known)) or [
        code for code, words in known.items() if words.lower().startswith(text.lower()) and text
    ]
    if len(found) != 1:
        listed = ", ".join(found or known)
        raise Refused(f"Which {what}? One of: {listed}.")
    return found[0]
