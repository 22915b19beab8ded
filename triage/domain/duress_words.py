"""A member's own word, which says in an ordinary text that they are forced."""

import re
from collections.abc import Iterator

from triage.domain.code_words import LETTERS
from triage.domain.errors import Refused
from triage.domain.reply_words import DENIALS, FILLERS, NOTE_WORDS, ORDINARY_WORDS, VERB_OF
from triage.domain.sms_replies import Reply, as_read, normal, parse, words_of
from triage.domain.typed_codes import ALPHABET
from triage.domain.words import msgid

SHORTEST, LONGEST = 5, 20
FORGIVEN = 8
"""Letters from which on a slip inside a word is heard as the word: so seldom is that another word
that it adds a tenth to how often a word is texted by accident. In shorter ones, or with a letter
left out or wrong at either end, it would double that, and nobody can be asked what they meant."""
_ROWS = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM")
_KEYS = {letter: (y, x + y / 2) for y, row in enumerate(_ROWS) for x, letter in enumerate(row)}
BESIDE = {
    letter: [
        other
        for other, (v, u) in _KEYS.items()
        if other != letter and abs(v - y) <= 1 and abs(u - x) <= 1
    ]
    for letter, (y, x) in _KEYS.items()
}
"""The keys around each letter, where a thumb may land."""
_BEFORE = re.compile(rf"([{ALPHABET}]{{4}})?(\d{{1,2}}|OK)?")
_AFTER = re.compile(rf"(\d{{1,2}}|OK)?([{ALPHABET}]{{4}})?")
"""What a thumb that misses the space writes to it."""
_TAKEN = {word for phrase in VERB_OF for word in phrase} | (
    DENIALS | FILLERS | NOTE_WORDS | ORDINARY_WORDS
)


def fit(written: str) -> str:
    """The word as texts are read. Raises Refused where it would do something else as well, or be
    said by accident."""
    words = words_of(written)
    if len(words) != 1 or not re.fullmatch(r"[^\W\d_]+", written.strip()):
        raise Refused(msgid("Write one word, letters only."), "word")
    word = as_read(words[0].group())
    if not SHORTEST <= len(word) <= LONGEST:
        raise Refused(
            msgid("Use a word of %(least)s to %(most)s letters.", least=SHORTEST, most=LONGEST),
            "word",
        )
    if word in _TAKEN or parse(word) != Reply() or set(word) <= set(LETTERS):
        raise Refused(
            msgid("This word means something in our texts already. Choose another."), "word"
        )
    return word


def said_in(body: str) -> list[str]:
    """Every word of a text, as texts are read, that might be somebody's, though a code, a digit or
    OK is written to it."""
    found = (said for word in words_of(body) for _, _, said in _within(word.group()))
    return list(dict.fromkeys(found))


def _within(written: str) -> Iterator[tuple[int, int, str]]:
    """From where to where it may stand in what is written as one word, and what it reads there."""
    last = len(written)
    starts = [at for at in range(last) if _BEFORE.fullmatch(as_read(written[:at]))]
    ends = [at for at in range(last, 0, -1) if _AFTER.fullmatch(as_read(written[at:]))]
    for start in starts:
        for end in ends:
            said = as_read(written[start:end])
            if SHORTEST <= len(said) <= LONGEST and said.isalpha():
                yield start, end, said


def mistyped(said: str) -> set[str]:
    """The words for which this may stand, by one slip: two letters swapped, one doubled, one of a
    double left out, or the key beside it. Never what means something in our texts.

    said -- one of `said_in`.
    """
    if said in _TAKEN or parse(said) != Reply():
        return set()
    return {word for word in _one_slip_off(said) if len(word) >= FORGIVEN} - {said}


def _one_slip_off(said: str) -> Iterator[str]:
    last = len(said) - 1
    for at in range(1, last + 1):
        before, letter, after = said[:at], said[at], said[at + 1 :]
        if letter == before[-1]:
            yield before + after
        if at == last:
            return
        yield before + letter + letter + after
        yield from (before + other + after for other in BESIDE.get(letter, ()))
        if at + 1 < last:
            yield before + after[0] + letter + after[1:]


def without(body: str, said: str) -> str:
    """The text as it reads without that word. Where it says nothing else it reads as OK: the
    usual answer to that is the least suspicious one."""
    body = normal(body)
    for word in reversed(words_of(body)):
        spots = ((start, end) for start, end, found in _within(word.group()) if found == said)
        start, end = next(spots, (0, 0))
        body = body[: word.start() + start] + body[word.start() + end :]
    rest = " ".join(body.split()).strip(" ,.;:!-")
    says_more = parse(rest) != Reply(parse(rest).code) or len(words_of(rest)) > 1
    return rest if says_more else f"{rest} OK".strip()
