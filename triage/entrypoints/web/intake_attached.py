"""What is said to whoever has attached a caller to a call that is open already."""

from flask import flash

from triage.context import current_context
from triage.domain.words import listed, msgid
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.questions import prompted_by
from triage.services import rule_sets
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call


def tell_who_was_chosen(centre: Centre, new: NewCall) -> None:
    """Whom the call has is decided there: what was chosen for this caller alone is not sent."""
    if new.choice is not None:
        said = msgid(
            "You had chosen %(response)s for this caller: that was NOT sent. If the call needs it"
            " as well, use Choose another response below.",
            response=response_name(centre, new.choice.response),
        )
        flash(spoken(said), "warn")


def tell_what_they_say(centre: Centre, call: Call, narrative: str) -> None:
    """Words of a second caller that prompt questions may be news to whoever is on the way."""
    with current_context().reading() as uow:
        prompted = prompted_by(rule_sets.live(uow, centre, call.rule_set), narrative)
    if prompted:
        said = msgid(
            "This caller says %(words)s. Ask now about: %(facts)s. Whoever is on the way is told of"
            " dangers that you answer.",
            words=listed(", ", [f"“{word}”" for word in dict.fromkeys(prompted.values())]),
            facts=listed(", ", [centre.vocabulary.facts[fact].named for fact in prompted]),
        )
        flash(spoken(said), "warn")
