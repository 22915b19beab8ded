"""A member's own word, which says in an ordinary text that they are forced."""

import re

from triage.domain.code_words import LETTERS
from triage.domain.errors import Refused
from triage.domain.reply_words import DENIALS, FILLERS, NOTE_WORDS, ORDINARY_WORDS, VERB_OF
from triage.domain.sms_replies import Reply, as_read, normal, parse, words_of
from triage.domain.words import msgid

SHORTEST, LONGEST = 5, 20
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
    """Every word of a text, as texts are read, that might be somebody's."""
    found = (as_read(word.group()) for word in words_of(body))
    return list(dict.fromkeys(w for w in found if SHORTEST <= len(w) <= LONGEST and w.isalpha()))


def without(body: str, said: str) -> str:
    """The text as it reads without that word. Where it says nothing else it reads as OK: the
    usual answer to that is the least suspicious one."""
    body = normal(body)
    spans = [word for word in words_of(body) if as_read(word.group()) == said]
    for span in reversed(spans):
        body = body[: span.start()] + body[span.end() :]
    rest = " ".join(body.split()).strip(" ,.;:!-")
    says_more = parse(rest) != Reply(parse(rest).code) or len(words_of(rest)) > 1
    return rest if says_more else f"{rest} OK".strip()
