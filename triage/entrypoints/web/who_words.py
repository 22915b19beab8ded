"""What a call's page shows of "Who is coming?"."""

from collections.abc import Iterable
from typing import Any

from triage.catalogue import catalogue
from triage.domain.who_comes import LANGUAGES, NOT_TOLD, Answer, promise, script
from triage.entrypoints.web.page import local_clock
from triage.services import assessments, speaking_freely, who_comes
from triage.services.board_lines import DispatchLine
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork


def answer_now(
    uow: UnitOfWork, centre: Centre, call: Call, lines: Iterable[DispatchLine]
) -> Answer:
    record = assessments.latest(uow, call)
    decision = assessments.decision_of(record) if record else None
    return who_comes.answer(uow, centre, call, lines, decision)


def shown(
    uow: UnitOfWork, centre: Centre, call: Call, lines: Iterable[DispatchLine]
) -> dict[str, Any]:
    lines = list(lines)
    now = answer_now(uow, centre, call, lines)
    clock = {at: local_clock(at) for at in who_comes.instants(now)}
    told, passed = who_comes.of_call(uow, call), now.call_back_passed
    last = next((row.gist for row in told if row.told), None)
    spanish = any((caller.language or "").startswith("es") for caller in call.callers)
    return {
        "who_script": {
            language: script(now, language, clock, catalogue(language).gettext)
            for language in LANGUAGES
        },
        "call_back_at": now.call_back_at,
        "call_back_passed": passed and promise(now) and clock[passed],
        "ask_number": now.call_back_at is not None and not now.can_ring,
        "who_first": "es" if spanish else "en",
        "told_callers": told,
        "tell_again": who_comes.is_stale(centre, last, lines, uow.now),
        "not_told": NOT_TOLD,
        "quiet": speaking_freely.cannot(uow, call),
    }
