"""The command bar's little language: a verb, a call's code, a team, and what else it takes.

`a k7qm cit2` assigns. Upper and lower case are the same, and so are "cit2" and "CIT 2". Verbs,
reasons and endings are understood in English and Spanish alike, with accents or without; a page
shows those of its reader's language.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from triage.domain.codes import BY_HAND, DISPOSITIONS
from triage.domain.errors import Refused
from triage.domain.words import LANGUAGES, Named, Words, listed, msgid


@dataclass(frozen=True)
class Verb:
    """word -- what is typed; spanish -- or this; takes -- what follows it, as it is shown;
    does -- in words."""

    word: str
    spanish: str
    takes: tuple[str, ...]
    does: str

    @property
    def name(self) -> Named:
        """As its reader types it."""
        return Named(Words((("en", self.word), ("es", self.spanish))))

    @property
    def example(self) -> str:
        return listed(" ", (self.name, *self.takes))

    def typed_in(self, language: str) -> list[str]:
        """Its words, that of the language first; who reads English is shown no other."""
        own = [self.word] if language == "en" else [self.spanish, self.word]
        return list(dict.fromkeys(own))


CALL, TEAM, MINUTES, WHO, UNIT, CAD, REASON, END = (
    msgid("CODE"),
    msgid("TEAM"),
    msgid("MINUTES"),
    msgid("WHO"),
    msgid("UNIT"),
    msgid("CAD-NUMBER"),
    msgid("REASON"),
    msgid("ENDING"),
)
VERBS = (
    Verb("a", "a", (CALL, TEAM), msgid("assign a team, by hand")),
    Verb("radio", "radio", (CALL, UNIT), msgid("assign a unit that only the radio reaches")),
    Verb("yes", "sí", (CALL, TEAM), msgid("they accept, by radio")),
    Verb("no", "no", (CALL, TEAM), msgid("they decline, by radio: the next is asked")),
    Verb("eta", "llega", (CALL, TEAM, MINUTES), msgid("they arrive in so many minutes")),
    Verb("go", "va", (CALL, TEAM), msgid("they are on the way")),
    Verb("near", "cerca", (CALL, TEAM), msgid("they wait near")),
    Verb("there", "allí", (CALL, TEAM), msgid("they are on scene")),
    Verb("move", "lleva", (CALL, TEAM), msgid("they take the person somewhere")),
    Verb("clear", "libre", (CALL, TEAM), msgid("they are done")),
    Verb("ok", "bien", (CALL, TEAM), msgid("all is well, by radio")),
    Verb("send", "envía", (CALL,), msgid("send what is recommended and missing")),
    Verb("again", "otra", (CALL,), msgid("ask the teams again")),
    Verb(
        "cad",
        "cad",
        (CALL, UNIT, CAD),
        msgid(
            "dispatched in CAD; where several wait say which first: cad K7QM ambulance Medic12 4471"
        ),
    ),
    Verb("rang", "llamé", (CALL,), msgid("the caller was called back")),
    Verb("drop", "cancela", (CALL, REASON), msgid("cancel who comes")),
    Verb("end", "cierra", (CALL, END), msgid("close the call")),
    Verb("o", "abre", (CALL,), msgid("open the call")),
    Verb("new", "nueva", (), msgid("take a new call")),
    Verb("past", "historial", (), msgid("look for past calls")),
    Verb("board", "tablero", (), msgid("go to the board")),
    Verb("help", "ayuda", (), msgid("list all commands")),
)
REASONS, ENDINGS = BY_HAND, DISPOSITIONS
_CODE = re.compile(r"[0-9B-DF-HJ-NP-Z]{4,6}|[0-9]{6}-[0-9A-Z]{6}")
"""A code has no vowels, so a word that is mistyped is none."""


@dataclass(frozen=True)
class Command:
    """call -- its code or reference, in capitals; rest -- the words that follow it, as typed."""

    verb: Verb
    call: str = ""
    rest: Sequence[str] = ()


def folded(text: str) -> str:
    """Without accents and capitals, as somebody in a hurry types it."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(one for one in apart if not unicodedata.combining(one)).lower()


_BY_WORD = {folded(name): verb for verb in VERBS for name in (verb.word, verb.spanish)}


def verb_called(word: str) -> Verb | None:
    return _BY_WORD.get(folded(word))


def read(text: str) -> Command:
    """What was typed. A code alone opens its call. Raises Refused with what to type instead."""
    words = text.split()
    if not words:
        raise Refused(msgid("Type a command such as: a K7QM cit2. The keys are listed under ?."))
    verb = verb_called(words[0])
    if verb is None:
        if len(words) == 1 and _CODE.fullmatch(words[0].upper()):
            return Command(_BY_WORD["o"], words[0].upper())
        raise Refused(
            msgid(
                "There is no command %(word)s. Known are: %(names)s.",
                word=words[0][:20],
                names=listed(", ", [verb.name for verb in VERBS]),
            )
        )
    if not verb.takes:
        return Command(verb)
    if len(words) < 2:
        raise Refused(msgid("Type: %(example)s.", example=verb.example))
    return Command(verb, words[1].upper(), words[2:])


def key(name: str) -> str:
    """A name as it is compared: "CIT 2" and "cit2" are one, so are "centre" and "center"."""
    plain = re.sub(r"[^0-9a-z]", "", folded(name))
    return plain.replace("centre", "center").replace("cancell", "cancel")


def meant(typed: str, known: Sequence[str]) -> list[str]:
    """Those of `known` that may be meant: the same, or else beginning alike."""
    wanted = key(typed)
    same = [name for name in known if key(name) == wanted]
    return same or [name for name in known if wanted and key(name).startswith(wanted)]


def named_first(
    words: Sequence[str], names: Sequence[Sequence[str]]
) -> tuple[int, list[str]] | None:
    """Which of several things these words begin with, and the words that follow its name; None
    where none or several may be meant. names -- of each, what it is called."""
    of = {name: number for number, called in enumerate(names) for name in called}
    for count in range(1, len(words)):
        found = {of[name]: name for name in meant(" ".join(words[:count]), list(of))}
        if len(found) == 1:
            ((number, name),) = found.items()
            rest = list(words[count:])
            for word in name.split()[count:]:
                if len(rest) > 1 and key(rest[0]) == key(word):
                    rest.pop(0)
            return number, rest
    return None


def near(typed: str, known: Sequence[str]) -> list[str]:
    """The few of `known` that are written much alike, the likest first."""
    by_key = {key(name): name for name in known}
    return [by_key[one] for one in get_close_matches(key(typed), list(by_key))]


def one_code(typed: Sequence[str], known: Mapping[str, Words], what: str) -> str:
    """The code of a coded reason, by its first letters or by those of its words in any language.
    Raises Refused with those that may be meant, as their reader types them."""
    text = " ".join(typed)
    wanted = key(text)
    found = meant(text, list(known)) or [
        code
        for code, words in known.items()
        if wanted and any(key(words.say(one)).startswith(wanted) for one in LANGUAGES)
    ]
    if len(found) != 1:
        alike = near(text, list(known))
        codes = [(code, known[code].say("es")) for code in found or alike or known]
        offered = [Named(Words((("en", code), ("es", spanish)))) for code, spanish in codes]
        raise Refused(
            msgid("Which %(what)s? One of: %(offered)s.", what=what, offered=listed(", ", offered))
        )
    return found[0]
