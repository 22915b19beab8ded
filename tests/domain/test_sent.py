"""What was sent beside what was recommended, with the code that says why they differ."""

import pytest

from triage.domain.lifecycle import DispatchState as D
from triage.domain.lifecycle import PageState as P
from triage.domain.sent import Sending, SentInstead, what_was_sent, why_nobody_is_left


def sent(*sendings: Sending, recommended: str = "mobile", **more: object) -> SentInstead:
    given = {"overridden": (), "sends_somebody": True, "closed": False} | more
    return what_was_sent(recommended, sendings, **given)


def one(response: str, state: D = D.ACCEPTED, cause: str | None = None) -> Sending:
    return Sending(response, state, cause)


def test_the_recommended_response_needs_no_explanation() -> None:
    assert sent(one("mobile"), one("ems")) == SentInstead(("mobile", "ems"), None)


def test_a_hand_over_that_nobody_has_confirmed_yet_stands() -> None:
    assert sent(one("police", D.HAND_OVER), recommended="police").cause is None


def test_another_response_was_chosen() -> None:
    told = sent(one("mobile", D.CANCELLED), one("police"), overridden={"mobile"})

    assert told == SentInstead(("police",), "overridden")


@pytest.mark.parametrize("cause", ["declined_by_all", "no_answer", "undeliverable"])
def test_nobody_is_left_to_ask(cause: str) -> None:
    assert sent(one("mobile", D.UNFILLED, cause)) == SentInstead((), cause)


def test_asked_again_after_being_cancelled_counts_as_it_stands_now() -> None:
    again = sent(one("mobile", D.CANCELLED), one("mobile", D.UNFILLED, "no_answer"))

    assert again.cause == "no_answer"
    assert sent(one("mobile", D.UNFILLED, "no_answer"), one("mobile")).cause is None


def test_cancelled_closed_and_not_sent_yet_are_told_apart() -> None:
    assert sent(one("mobile", D.CANCELLED)).cause == "cancelled"
    assert sent(one("ems")) == SentInstead(("ems",), "not_sent")
    assert sent(closed=True).cause == "closed"


def test_a_call_that_asks_first_has_nobody_sent_until_the_answers_fail_to_come() -> None:
    assert sent(recommended="ask_more") == SentInstead((), None)
    assert sent(one("mobile"), recommended="ask_more") == SentInstead(
        ("mobile",), "answers_missing"
    )


def test_who_was_sent_for_want_of_answers_is_told_to_be() -> None:
    went = Sending("mobile", D.ACCEPTED, None, for_want_of_answers=True)

    assert sent(went).cause == "answers_missing"
    assert sent(went, recommended="ems").cause == "not_sent"
    called_off = Sending("ems", D.CANCELLED, None, for_want_of_answers=True)
    assert sent(one("mobile"), called_off).cause is None


def test_what_is_only_recorded_sends_nobody_and_that_is_no_difference() -> None:
    assert sent(recommended="no_response", sends_somebody=False) == SentInstead((), None)


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        ([P.DECLINED, P.DECLINED], "declined_by_all"),
        ([P.DECLINED, P.UNDELIVERABLE], "declined_by_all"),
        ([P.DECLINED, P.PASSED_OVER], "no_answer"),
        ([P.UNDELIVERABLE], "undeliverable"),
        ([], "none_on_shift"),
    ],
)
def test_why_nobody_is_left_follows_from_how_each_was_asked(asked: list[P], cause: str) -> None:
    assert why_nobody_is_left(asked, "none_on_shift") == cause
