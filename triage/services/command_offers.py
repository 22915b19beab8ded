"""What a command that is being typed may become: verbs, codes of open calls, teams, reasons."""

from sqlalchemy import select

from triage.domain import desk_commands as language
from triage.storage.calls import OPEN_CALL, Call
from triage.storage.teams import Team
from triage.storage.unit_of_work import UnitOfWork

OFFERED = 8


def offers(uow: UnitOfWork, typed: str) -> list[str]:
    """Whole commands that what is typed may become, the likeliest first."""
    words = typed.split()
    if len(words) < 2 and not typed.endswith(" "):
        begun = words[0].lower() if words else ""
        return [verb.example for verb in language.VERBS if verb.word.startswith(begun)][:OFFERED]
    verb = language.BY_WORD.get(words[0].lower())
    if verb is None or not verb.takes:
        return []
    if len(words) < 2 or (len(words) == 2 and not typed.endswith(" ")):
        begun = words[1].upper() if len(words) > 1 else ""
        return [f"{verb.word} {code}" for code in _open_codes(uow, begun)]
    head, last = " ".join(words[:2]), " ".join(words[2:])
    named = _named(uow, verb.takes[1] if len(verb.takes) > 1 else "")
    fitting = language.meant(last, named) if last else named
    return [f"{head} {name}" for name in fitting][:OFFERED]


def _open_codes(uow: UnitOfWork, begun: str) -> list[str]:
    query = select(Call.code).where(OPEN_CALL).order_by(Call.received_at.desc())
    return [code for code in uow.session.scalars(query) if code.startswith(begun)][:OFFERED]


def _named(uow: UnitOfWork, what: str) -> list[str]:
    if what == language.TEAM:
        names = select(Team.name).where(Team.retired_at.is_(None)).order_by(Team.name)
        return list(uow.session.scalars(names))
    if what == language.REASON:
        return list(language.REASONS)
    return list(language.ENDINGS) if what == language.END else []
