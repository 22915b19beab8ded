"""What a command that is being typed may become: verbs, codes of open calls, teams, reasons."""

from collections.abc import Mapping

from sqlalchemy import select

from triage.domain import desk_commands as language
from triage.domain.words import Words, listed
from triage.services import command_words
from triage.storage.calls import OPEN_CALL, Call
from triage.storage.teams import Team
from triage.storage.unit_of_work import UnitOfWork

OFFERED = 8


def offers(uow: UnitOfWork, typed: str, reader: str) -> list[str]:
    """Whole commands that what is typed may become, the likeliest first. reader -- the language
    of whoever types."""
    words = typed.split()
    if len(words) < 2 and not typed.endswith(" "):
        return _verbs(words[0] if words else "", reader)[:OFFERED]
    verb = language.verb_called(words[0]) if words else None
    if verb is None or not verb.takes:
        return []
    if len(words) < 2 or (len(words) == 2 and not typed.endswith(" ")):
        begun = words[1].upper() if len(words) > 1 else ""
        return [f"{words[0].lower()} {code}" for code in _open_codes(uow, begun)]
    head, last = " ".join(words[:2]), " ".join(words[2:])
    named = _named(uow, verb.takes[1] if len(verb.takes) > 1 else "", reader)
    fitting = language.meant(last, named) if last else named
    return [f"{head} {name}" for name in fitting][:OFFERED]


def _verbs(begun: str, reader: str) -> list[str]:
    begins = [
        (verb, word)
        for verb in language.VERBS
        for word in verb.typed_in(reader)[: None if begun else 1]
        if language.folded(word).startswith(language.folded(begun))
    ]
    return [listed(" ", (word, *verb.takes)) for verb, word in begins]


def _open_codes(uow: UnitOfWork, begun: str) -> list[str]:
    query = select(Call.code).where(OPEN_CALL).order_by(Call.received_at.desc())
    return [code for code in uow.session.scalars(query) if code.startswith(begun)][:OFFERED]


def _named(uow: UnitOfWork, what: str, reader: str) -> list[str]:
    if what == language.TEAM:
        names = select(Team.name).where(Team.retired_at.is_(None)).order_by(Team.name)
        return list(uow.session.scalars(names))
    coded: Mapping[str, Words] = {}
    if what == language.REASON:
        coded = command_words.reasons()
    elif what == language.END:
        coded = command_words.endings()
    return list(coded) if reader == "en" else [words.say(reader) for words in coded.values()]
