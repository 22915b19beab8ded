"""What the templates of a call need to say codes in words."""

from typing import Any
from urllib.parse import quote

from flask import request

from triage.domain import alarms
from triage.domain.codes import (
    BY_HAND,
    CANCEL_REASONS,
    DIFFERENCES,
    DISPOSITIONS,
    OVERRIDE_REASONS,
    OVERRIDE_SAID,
)
from triage.domain.lifecycle import SLOT_MOVES, SlotState
from triage.domain.transfers import REFUSALS
from triage.domain.wording import help_words
from triage.domain.words import msgid
from triage.entrypoints.web import transfer_steps
from triage.entrypoints.web.intake_form import people_offered
from triage.entrypoints.web.questions import answer_in_words
from triage.services import callers, page_links, second_callers, supervisors
from triage.services.centre import Centre
from triage.services.pages import may_still_accept
from triage.services.reliefs import relief_of
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call
from triage.storage.dispatches import Slot

_WITHOUT_GEO = ("iPhone", "iPad", "iPod")
"""Telephones on which a geo: address opens nothing."""
ETAS = (5, 10, 15, 20, 30)
"""Minutes until arrival that have a button."""
PROGRESS = {
    SlotState.EN_ROUTE: msgid("On the way"),
    SlotState.STAGED: msgid("Waits near"),
    SlotState.ON_SCENE: msgid("On scene"),
    SlotState.TRANSPORTING: msgid("Transporting"),
    SlotState.CLEARED: msgid("Cleared"),
}
_OWN = {SlotState.STAGED.value: msgid("I wait near")}
VERDICT_WORDS = {
    "1": msgid("Right team"),
    "2": msgid("Not needed"),
    "3": msgid("Unsafe without police"),
    "4": msgid("Too late"),
}
"""As VERDICTS of the texts, each beside its box."""

_NEXT = {
    SlotState.ACCEPTED: SlotState.EN_ROUTE,
    SlotState.EN_ROUTE: SlotState.ON_SCENE,
    SlotState.STAGED: SlotState.ON_SCENE,
    SlotState.ON_SCENE: SlotState.CLEARED,
    SlotState.TRANSPORTING: SlotState.CLEARED,
}


def words_of(centre: Centre) -> dict[str, Any]:
    """What the templates need to say codes in words."""
    return {
        "zones": [(zone, zone) for zone in centre.gazetteer.zones],
        "name": lambda response: response_name(centre, response),
        "about": lambda response: _about(centre, response),
        "fact": centre.vocabulary.facts.get,
        "in_words_of": lambda name, value: answer_in_words(
            centre.vocabulary.facts.get(name), value
        ),
        "responses": [r for r in centre.vocabulary.responses.values() if r.is_somebody],
        "override_reasons": OVERRIDE_REASONS,
        "override_said": OVERRIDE_SAID,
        "differences": DIFFERENCES,
        "cancel_reasons": BY_HAND,
        "why_cancelled": CANCEL_REASONS,
        "dispositions": DISPOSITIONS,
        "visit_verdicts": VERDICT_WORDS,
        **people_offered(centre),
        "language_name": callers.called,
        "told_by": second_callers.told_by,
        "place_otherwise": second_callers.place_otherwise,
        "alarm_words": alarms,
        "moves": moves,
        "own_moves": own_moves,
        "etas": ETAS,
        "help_words": help_words,
        "hidden": page_links.hidden,
        "maps": maps,
        "may_still_accept": may_still_accept,
        "relief_of": relief_of,
        "supervisors_are_alarmed": supervisors.are_alarmed,
        "transfer_steps": transfer_steps.steps,
        "step_words": transfer_steps.words,
        "refusals": REFUSALS,
        "refusal_options": [(code, refusal.words) for code, refusal in REFUSALS.items()],
        "hand_over_red_s": centre.policy.hand_over_red_s,
    }


def _about(centre: Centre, response: str) -> str:
    """What the vocabulary tells of whoever is to be rung, such as the number."""
    known = centre.vocabulary.responses.get(response)
    return known.about.say() if known else ""


def moves(slot: Slot) -> list[tuple[str, str]]:
    """What whoever has the slot can do next."""
    return [(to.value, words) for to, words in PROGRESS.items() if to in SLOT_MOVES[slot.state]]


def own_moves(slot: Slot) -> list[tuple[str, str]]:
    """The same for whoever has it, in their words: what is most likely next stands first."""
    own = [(to, _OWN.get(to, words)) for to, words in moves(slot)]
    return sorted(own, key=lambda one: one[0] != _NEXT.get(slot.state))


def maps(call: Call) -> str | None:
    """What has a telephone open its own maps; nothing is asked of anybody before it is tapped."""
    place = ",".join(f"{degrees:.5f}" for degrees in call.position or (0, 0))
    sought = place if call.position else quote(call.location or "")
    if not sought:
        return None
    apple = any(one in request.user_agent.string for one in _WITHOUT_GEO)
    return f"maps://?q={sought}" if apple else f"geo:{place}?q={sought}"
