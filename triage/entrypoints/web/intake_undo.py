"""The last answer on the form is taken back: by key or button, after a reload too."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.domain.answer_steps import Step
from triage.domain.contradictions import SECOND, VOICES
from triage.domain.facts import Fact
from triage.domain.words import Named, listed, msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.intake_form import FACT
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.questions import answer_in_words, report
from triage.services import intake as drafts
from triage.services.centre import Centre
from triage.services.intake_pages import ALSO, EDITION, Fields

bp = Blueprint("intake_undo", __name__, url_prefix="/intake")

NOTHING = msgid("No answer is left to take back.")


@bp.post("/<uuid:key>/undo")
@open_to("dispatcher", "supervisor")
def undo(key: UUID) -> ResponseReturnValue:
    """For the page itself, which has had everything kept before."""
    back = take_back(key, typed.fields())
    if back is None:
        return {"sentence": spoken(NOTHING)}
    fields, step = back
    return {
        "sentence": spoken(sentence(current_context().centre, step)),
        "name": step["name"],
        "values": step["was"],
        "edition": int(fields[EDITION][0]),
    }


def take_back(key: UUID, page: Fields) -> tuple[dict[str, list[str]], Step] | None:
    person = current_person()
    return current_context().do(person.actor, lambda uow: drafts.take_back(uow, person, key, page))


def sentence(centre: Centre, step: Step) -> str:
    """What was taken back, and what stands instead."""
    name, _, voice = step["name"].removeprefix(FACT).removeprefix(ALSO).partition(".")
    fact = centre.vocabulary.facts.get(name)
    if step["name"].startswith(ALSO) and not step["was"]:
        said = report(fact, step["became"], VOICES.get(voice, SECOND))
        return taken_back(fact, name, [said], msgid("what others said stands"))
    return taken_back(fact, name, step["became"], step["was"])


def taken_back(fact: Fact | None, name: str, was: Sequence[Any], now: Sequence[Any] | str) -> str:
    """now -- what stands instead, or in words why nothing does."""

    def said(values: Sequence[Any]) -> str:
        if not values:
            return msgid("not asked")
        return listed(", ", [answer_in_words(fact, one) for one in values])

    question = Named(fact.third) if fact and fact.third else name
    stands = now if isinstance(now, str) else msgid("now %(answer)s", answer=said(now))
    return msgid(
        "Taken back: %(question)s %(was)s; %(stands)s.",
        question=question,
        was=said(was),
        stands=stands,
    )
