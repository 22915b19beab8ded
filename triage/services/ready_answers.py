"""READY, and what must be meant for it: answers to the question before a shift and to a test."""

from dataclasses import replace

from triage.domain import answer_wording, reach_wording
from triage.domain.lifecycle import PageState, SlotState
from triage.domain.loose_answers import means_ready
from triage.domain.sms_replies import Reply
from triage.services import communication_tests, confirmations
from triage.services.centre import Centre
from triage.services.pages_meant import page_meant, questions
from triage.services.reply_actions import Answered
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

_CAME_TO_NOTHING = {"no_question", "not_understood", "too_late", "carrier_word"}


def ready(uow: UnitOfWork, centre: Centre, responder: Responder) -> Answered:
    """Texts reach them: that confirms a shift, answers a test, and accepts nothing."""
    shift = confirmations.heard_from(uow, centre, responder)
    test = communication_tests.answered(uow, responder)
    pages = [page for page in questions(uow, responder) if page.state is PageState.OPEN]
    code = pages[0].slot.dispatch.call.code if pages else None
    if shift or test:
        return Answered("ready", reach_wording.confirmed(code))
    return Answered(
        "no_question", answer_wording.need_code(code) if code else reach_wording.nothing_asked()
    )


def perhaps(
    uow: UnitOfWork, centre: Centre, responder: Responder, body: str, answered: Answered
) -> Answered:
    """A text without a code that came to nothing may be meant for READY: where that is asked, and
    the phone has neither a page nor work. What may be about a page of a moment ago is not."""
    if answered.outcome not in _CAME_TO_NOTHING or not _is_asked(uow, centre, responder):
        return answered
    pages = questions(uow, responder)
    if any(page.slot.state is not SlotState.CLEARED for page in pages):
        return answered
    lately = None if pages else page_meant(uow, responder, Reply())
    if isinstance(lately, Answered) and lately.call is not None and lately.body is not None:
        return replace(lately, body=reach_wording.or_ready(lately.body))
    if means_ready(body):
        return ready(uow, centre, responder)
    if answered.outcome == "carrier_word":
        return answered
    return Answered("not_understood", reach_wording.reply_ready())


def _is_asked(uow: UnitOfWork, centre: Centre, responder: Responder) -> bool:
    return communication_tests.is_asked(uow, responder) or confirmations.is_asked(
        uow, centre, responder
    )
