"""Who may end a call above routine alone: by who was there, who has it, and who still comes."""

import pytest

from triage.domain.endings import Sent, ends_alone, may_be_dropped
from triage.domain.lifecycle import DispatchState as Is
from triage.domain.lifecycle import SlotState as Place


def sent(state: Is, *places: Place, by_line: bool = False) -> Sent:
    return Sent(state, frozenset(places), by_line)


ON_THE_WAY = sent(Is.EN_ROUTE, Place.EN_ROUTE)
CLEARED = sent(Is.CLEARED, Place.CLEARED)
IN_CAD = sent(Is.HANDED_OVER)
ASKED = sent(Is.SEEKING, Place.PAGED)
TO_CAD = sent(Is.HAND_OVER)
NOBODY_LEFT = sent(Is.UNFILLED, Place.UNFILLED)
LINE = sent(Is.HAND_OVER, by_line=True)


@pytest.mark.parametrize(
    ("who", "disposition", "alone"),
    [
        ([ON_THE_WAY], "refused_help", False),
        ([ON_THE_WAY], "wrong_number", False),
        ([NOBODY_LEFT], "resolved_on_phone", False),
        ([CLEARED], "resolved_on_scene", True),
        ([CLEARED, ON_THE_WAY], "resolved_on_scene", True),
        ([CLEARED], "caller_cancelled", False),
        ([IN_CAD], "other_agency", True),
        ([IN_CAD, ON_THE_WAY], "other_agency", True),
        ([IN_CAD, ON_THE_WAY], "resolved_on_phone", False),
        ([IN_CAD], "duplicate", False),
        ([LINE], "resolved_on_phone", True),
        ([LINE], "no_response", False),
        ([LINE, ON_THE_WAY], "resolved_on_phone", False),
        ([], "resolved_on_phone", True),
    ],
)
def test_what_one_person_may_end(who: list[Sent], disposition: str, alone: bool) -> None:
    assert ends_alone(who, disposition, cancelling=False) is alone


def test_while_an_agreement_is_waited_for_only_who_was_there_ends_it() -> None:
    assert not ends_alone([LINE], "resolved_on_phone", cancelling=True)
    assert not ends_alone([IN_CAD], "other_agency", cancelling=True)
    assert ends_alone([CLEARED], "resolved_on_scene", cancelling=True)


@pytest.mark.parametrize(
    ("dropped", "others", "reason", "alone"),
    [
        (ON_THE_WAY, [], "not_needed", False),
        (ON_THE_WAY, [NOBODY_LEFT], "changed_response", False),
        (ON_THE_WAY, [LINE], "not_needed", False),
        (ON_THE_WAY, [ON_THE_WAY], "not_needed", True),
        (ON_THE_WAY, [ASKED], "not_needed", False),
        (ON_THE_WAY, [TO_CAD], "not_needed", False),
        (ASKED, [ASKED], "not_needed", True),
        (ASKED, [ON_THE_WAY], "not_needed", True),
        (ON_THE_WAY, [IN_CAD], "not_needed", True),
        (ON_THE_WAY, [CLEARED], "not_needed", True),
        (ON_THE_WAY, [], "unsafe", True),
        (LINE, [], "not_needed", True),
        (ON_THE_WAY, [], "closed", True),
    ],
)
def test_whom_one_person_may_call_off(
    dropped: Sent, others: list[Sent], reason: str, alone: bool
) -> None:
    assert may_be_dropped(dropped, others, reason) is alone
