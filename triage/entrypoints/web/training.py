"""Training: scripted callers to answer, and how each try compares with the rules."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound as NoPage

from triage.context import current_context
from triage.domain.facts import Person
from triage.domain.training import TrainingCall
from triage.domain.words import msgid
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.languages import language, spoken
from triage.entrypoints.web.questions import GROUPS
from triage.services import training
from triage.services.people import ROLES

bp = Blueprint("training", __name__)
_open = open_to(*ROLES)


@bp.get("/training")
@_open
def calls() -> ResponseReturnValue:
    scripts = _scripts()
    context, actor = current_context(), current_person().actor
    with context.reading() as uow:
        listed = [
            (script, training.tries(uow, context.centre, actor, script))
            for script in scripts.values()
        ]
    return render_template("training.html", listed=listed)


@bp.get("/training/<name>")
@_open
def caller(name: str) -> ResponseReturnValue:
    script, vocabulary = _script(name), current_context().centre.vocabulary
    asked = [fact for fact in vocabulary.facts.values() if not fact.is_situation]
    asked.sort(key=lambda fact: vocabulary.place_of[fact.name])
    told, by_group = language(), dict[str, list[tuple[str, str]]]()
    for fact in asked:
        group = spoken(
            msgid("First")
            if fact.ask == "gate"
            else GROUPS.get(fact.group, fact.group.replace("_", " ").capitalize())
        )
        question = fact.question(_person(script), told) or fact.called(told).capitalize()
        by_group.setdefault(group, []).append((question, script.says(fact)))
    return render_template("training_caller.html", script=script, groups=by_group)


@bp.get("/training/<name>/<reference>")
@_open
def compared(name: str, reference: str) -> ResponseReturnValue:
    script, context = _script(name), current_context()
    with context.reading() as uow:
        found = training.look_at(uow, context.centre, current_person().actor, script, reference)
        return render_template(
            "training_compared.html", script=script, it=found, vocabulary=context.centre.vocabulary
        )


def _person(script: TrainingCall) -> Person:
    return "first" if script.facts.get("caller_role") == "subject_self" else "third"


def _scripts() -> dict[str, TrainingCall]:
    context = current_context()
    if not context.settings.training:
        raise NoPage
    return context.centre.training_calls


def _script(name: str) -> TrainingCall:
    found = _scripts().get(name)
    if found is None:
        raise NoPage
    return found
