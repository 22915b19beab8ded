"""What a team's text means, before anybody asks what it does."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from triage.domain import no_help
from triage.domain.reply_words import (
    ALARMING,
    ASKS,
    BEFORE_CONDITIONS,
    CARRIER_WORDS,
    CONDITIONS,
    DENIALS,
    FILLERS,
    FIRM,
    FLEES,
    HELP_CRIED,
    LONGEST_PHRASE,
    NOTE_WORDS,
    OTHER_DAYS,
    REACTION,
    REQUESTS,
    UNSAFE,
    VERB_OF,
    Verb,
)
from triage.domain.typed_codes import ALPHABET, as_code, code_and_digit, code_and_word
from triage.domain.typing_errors import phrase_meant, verb_meant

__all__ = [
    "ALPHABET",
    "CARRIER_WORDS",
    "Reply",
    "Verb",
    "as_read",
    "normal",
    "parse",
    "words_of",
]

_GO_TOGETHER = {
    frozenset({Verb.ACCEPT, Verb.ETA}): Verb.ACCEPT,
    frozenset({Verb.ACCEPT, Verb.EN_ROUTE}): Verb.ACCEPT,
    frozenset({Verb.ACCEPT, Verb.EN_ROUTE, Verb.ETA}): Verb.ACCEPT,
    frozenset({Verb.EN_ROUTE, Verb.ETA}): Verb.ETA,
    frozenset({Verb.STAGED, Verb.ON_SCENE}): Verb.STAGED,
    frozenset({Verb.STAGED, Verb.ETA}): Verb.STAGED,
    frozenset({Verb.STAGED, Verb.WITHDRAW}): Verb.STAGED,  # they wait because it is not safe
    frozenset({Verb.TRANSPORT, Verb.EN_ROUTE}): Verb.TRANSPORT,
    frozenset({Verb.TRANSPORT, Verb.ETA}): Verb.TRANSPORT,
    frozenset({Verb.DECLINE, Verb.WITHDRAW}): Verb.WITHDRAW,
}
_SAYS_THE_SAME = {
    1: {Verb.ACCEPT, Verb.EN_ROUTE, Verb.ETA},
    2: {Verb.DECLINE, Verb.WITHDRAW},
    3: {Verb.WITHDRAW},  # "3 unsafe" is a verdict
}
"""Verbs that may stand beside a digit."""
_WORD = re.compile(r"[^\W_]+(?:['’´`][^\W_]+)*")
_NUMBER = re.compile(
    r"(\d{1,3})(?:(M|MIN|MINS|MINUTES?|MINUTOS?)|(H|HR|HRS|HOURS?|HORAS?))?", re.ASCII
)


@dataclass(frozen=True)
class Reply:
    """What stands in a text. All None: nothing that we understand."""

    code: str | None = None
    verb: Verb | None = None
    minutes: int | None = None
    """Of an ETA, 1 to 600; also beside ACCEPT or digit 1 ("K7QM 1 ETA 10")."""
    note: str | None = None
    """The words after NOTE; also beside another verb or a digit ("K7QM SCENE NOTE calm")."""
    digit: int | None = None
    """1 to 4, and no verb: what it means depends on what was asked."""
    carrier_word: str | None = None
    """STOP, YES, HELP ...: nothing else stands in the text but perhaps a code. Without a
    code the carrier itself has acted on it; with one nobody has."""

    @property
    def says_nothing(self) -> bool:
        """No command, no answer, no note: words of their own, perhaps beside a code."""
        return self == Reply(self.code)


@dataclass
class _Found:
    """What the words of one text turned out to be."""

    codes: set[str] = field(default_factory=set)
    verbs: set[Verb] = field(default_factory=set)
    digits: set[int] = field(default_factory=set)
    minutes: int | None = None
    carrier_words: list[str] = field(default_factory=list)
    denied: bool = False
    firm: bool = False
    flees: bool = False
    unsafe: bool = False
    asks: bool = False
    conditional: bool = False
    alarming: bool = False
    strange_words: int = 0
    strange_numbers: int = 0

    @property
    def acts(self) -> bool:
        return bool(self.doing or self.digits)

    @property
    def doing(self) -> set[Verb]:
        """ "OK" and "listo" beside another verb are only a manner of speaking."""
        return self.verbs - {Verb.SAFE, Verb.ALL_CLEAR}

    @property
    def only_alarms(self) -> bool:
        """ "911" and nothing else: in other company it may be what a machine says of itself."""
        more = self.strange_words or self.strange_numbers or self.verbs or self.digits
        return self.alarming and not (more or self.carrier_words or self.denied or self.asks)

    @property
    def only_asks(self) -> bool:
        """Is it a question and nothing else? Who writes digits or minutes tells something."""
        tells = self.digits or self.minutes is not None or self.strange_words
        return self.asks and not tells and bool(self.verbs - REQUESTS)


def parse(body: str) -> Reply:
    """Code and verb in either order, any case, whatever punctuation. Never raises.

    A text acts only if all of it is understood: "the door is clear now" clears nobody, and
    neither does "is it clear" or "clear?". But a cry for help acts wherever it stands, unless that
    none is needed is all that the text says, and so does
    that it is not safe, as a cry for help where nobody knows whether they leave; a text that begins
    with ACCEPT, DECLINE, ETA 10 or WITHDRAW means it; and what follows NOTE may be anything.
    """
    text, spans = normal(body), words_of(body)
    if REACTION.match(_without_accents(text[:60])):
        return Reply()
    words = [as_read(span.group()) for span in spans]
    if words and no_help.denied(words, spans):
        codes = {code for word in words if (code := as_code(word))}
        return Reply(codes.pop() if len(codes) == 1 else None, Verb.NO_HELP)
    if [word for word in words if word not in FILLERS] == ["SI"]:
        return Reply(carrier_word="YES")  # alone it answers any question, and is asked back, too
    found = _Found()
    at, note, before_note = 0, None, text
    while at < len(words) and note is None:
        if words[at] in NOTE_WORDS and not found.strange_words:
            before_note = text[: spans[at].start()]
            at += 1
            if not found.codes and at < len(words) and (code := as_code(words[at])):
                found.codes.add(code)
                at += 1
            note = text[spans[at - 1].end() :].strip(" \t\r\n:;,.-=")
        else:
            at += _read(words, at, found)
    found.asks = "?" in before_note or any(tuple(words[: len(a)]) == a for a in ASKS)
    found.conditional = _is_conditional(words[:at], spans)
    return _meaning(found, note)


def _is_conditional(words: Sequence[str], spans: Sequence[re.Match[str]]) -> bool:
    """Is the yes of this text for another day, or does a condition follow it? "Acepto si llego" is
    one, "acepto, sí" and "acepto si, voy" are none."""
    if not OTHER_DAYS.isdisjoint(words):
        return True
    yes = (at for at, word in enumerate(words) if VERB_OF.get((word,)) is Verb.ACCEPT)
    for at in range(next(yes, len(words)) + 1, len(words)):
        if words[at] in BEFORE_CONDITIONS or as_code(words[at]):
            continue
        span = spans[at]
        plain_if = span.group().upper() == "SI" and span.string[span.end() : span.end() + 1] != ","
        return words[at] in CONDITIONS or plain_if
    return False


def _without_accents(text: str) -> str:
    return "".join(s for s in unicodedata.normalize("NFKD", text) if not unicodedata.combining(s))


def normal(body: str) -> str:
    """One form for what looks the same."""
    return unicodedata.normalize("NFKC", body)


def words_of(body: str) -> list[re.Match[str]]:
    """The words of a text, with where they stand in its NFKC form."""
    return list(_WORD.finditer(normal(body)))


def as_read(word: str) -> str:
    """A word in capitals without accents, as all words of texts are read."""
    return re.sub(r"[^A-Z0-9]", "", _without_accents(word).upper())


def _read(words: Sequence[str], at: int, found: _Found) -> int:
    """Note down what begins at this word; returns how many words it spans."""
    word = words[at]
    if used := _read_phrase(words, at, found):
        return used
    if word in ALARMING:
        found.alarming = True
        return 1
    if used := _read_number(words, at, found) or _read_slip(words, at, found):
        return used
    if not _read_code(word, found):
        _read_word(word, found)
    return 1


def _read_phrase(words: Sequence[str], at: int, found: _Found) -> int:
    """A verb of one word or more."""
    word = words[at]
    for length in range(LONGEST_PHRASE, 0, -1):
        if verb := VERB_OF.get(tuple(words[at : at + length])):
            opens = not (found.acts or found.strange_words or found.carrier_words)
            found.firm = found.firm or (opens and word in FIRM)
            found.flees = found.flees or (opens and word in FLEES and not found.denied)
            told = not UNSAFE.isdisjoint(words[at : at + length]) and verb is Verb.WITHDRAW
            found.unsafe = found.unsafe or (told and not found.denied)
            found.verbs.add(verb)
            return length
    return 0


def _read_code(word: str, found: _Found) -> bool:
    """A code, by itself or with a digit or a word glued to it."""
    if code := as_code(word):
        found.codes.add(code)
    elif glued := code_and_digit(word):
        found.codes.add(glued[0])
        found.digits.add(glued[1])
    elif joined := code_and_word(word):
        found.codes.add(joined[0])
        _read(joined[1:], 0, found)
    else:
        return False
    return True


def _read_word(word: str, found: _Found) -> None:
    """Any other word."""
    if word in CARRIER_WORDS:
        found.carrier_words.append(word)
    elif word in DENIALS:
        found.denied = True
    elif meant := Verb.HELP if HELP_CRIED.fullmatch(word) else verb_meant(word):
        found.verbs.add(meant)
    elif word not in FILLERS:
        found.strange_words += 1


def _read_slip(words: Sequence[str], at: int, found: _Found) -> int:
    """A phrase with one word mistyped."""
    verb, used = phrase_meant(words[at : at + LONGEST_PHRASE]) or (None, 0)
    if verb is not None:
        found.verbs.add(verb)
    return used


def _read_number(words: Sequence[str], at: int, found: _Found) -> int:
    """The digit of an answer, or minutes: by their unit, or because ETA stands beside them."""
    if not (number := _NUMBER.fullmatch(words[at])):
        return 0
    amount, minutes, hours, used = int(number[1]), number[2], number[3], 1
    if not (minutes or hours) and at + 1 < len(words):
        unit = _NUMBER.fullmatch("1" + words[at + 1])
        if unit and (unit[2] or unit[3]):
            minutes, hours, used = unit[2], unit[3], 2
    if minutes or hours or _beside_eta(words, at):
        found.verbs.add(Verb.ETA)
        amount = amount * 60 if hours else amount
        if found.minutes is None and 1 <= amount <= 600:
            found.minutes = amount
            return used
    elif words[at] in {"1", "2", "3", "4"}:
        found.digits.add(amount)
        return used
    found.strange_numbers += 1
    return used


def _beside_eta(words: Sequence[str], at: int) -> bool:
    """Is this number behind ETA, or before an ETA that no number follows?"""
    before = [w for w in words[max(0, at - 4) : at] if w not in FILLERS and not as_code(w)]
    after = [w for w in words[at + 1 : at + 5] if w not in FILLERS and not as_code(w)]
    if before[-1:] == ["ETA"]:
        return True
    return after[:1] == ["ETA"] and not any(_NUMBER.fullmatch(word) for word in after[1:2])


def _meaning(found: _Found, note: str | None) -> Reply:
    code = next(iter(found.codes)) if len(found.codes) == 1 else None
    beside_help = found.acts or found.strange_words
    cried = Verb.HELP in found.verbs or found.only_alarms
    if cried or ("HELP" in found.carrier_words and beside_help):
        return Reply(code, Verb.HELP, note=note or None)
    if found.flees and found.doing == {Verb.WITHDRAW} and len(found.codes) <= 1:
        return Reply(code, Verb.WITHDRAW, note=note or None)
    reply = _acting(found, code, note)
    if found.unsafe and not found.asks and reply in {Reply(code), Reply(code, Verb.AMBIGUOUS)}:
        return Reply(code, Verb.HELP, note=note or None)
    return reply


def _acting(found: _Found, code: str | None, note: str | None) -> Reply:
    """What a text means that is no cry for help."""
    strange = (found.strange_words or found.alarming) and not found.firm
    if found.strange_numbers or strange or found.only_asks:
        return Reply(code)
    if _contradicts_itself(found):
        return Reply(code, Verb.AMBIGUOUS)
    if found.carrier_words and not found.acts:
        return Reply(code, carrier_word=found.carrier_words[0])
    digit = next(iter(found.digits), None)
    if digit is not None and not (digit == 2 and Verb.WITHDRAW in found.verbs):
        return Reply(code, None, found.minutes, note or None, digit)
    verbs = found.doing or found.verbs & {Verb.SAFE} or found.verbs
    verb = _GO_TOGETHER.get(frozenset(verbs), next(iter(verbs), None))
    if note is not None and not found.acts:
        verb = Verb.NOTE
    return Reply(code, verb, found.minutes, note or None)


def _contradicts_itself(found: _Found) -> bool:
    denied = found.denied and bool(found.verbs or found.digits)
    only_if = found.conditional and bool(found.strange_words) and Verb.ACCEPT in found.verbs
    if len(found.codes) > 1 or len(found.digits) > 1 or denied or only_if:
        return True
    digit = next(iter(found.digits), None)
    if found.carrier_words and found.acts:  # only "yes, accept" and "yes, 1" say one thing
        accepts = digit == 1 or found.doing == {Verb.ACCEPT}
        return not accepts or set(found.carrier_words) != {"YES"}
    if digit is not None:
        return not found.doing <= _SAYS_THE_SAME.get(digit, set())
    return len(found.doing) > 1 and frozenset(found.doing) not in _GO_TOGETHER
