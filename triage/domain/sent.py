"""What was really sent, beside what was recommended, and the coded cause where they differ."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from triage.domain.lifecycle import DispatchState, PageState
from triage.domain.ruleset import ASK_MORE


@dataclass(frozen=True)
class Sending:
    """A dispatch, as far as it matters here. cause -- why nobody is left to ask for it.

    for_want_of_answers -- it was opened because the answers did not come in time.
    """

    response: str
    state: DispatchState
    cause: str | None
    for_want_of_answers: bool = False

    @property
    def stands(self) -> bool:
        """Somebody comes, is asked to, or came."""
        return self.state not in {DispatchState.UNFILLED, DispatchState.CANCELLED}


@dataclass(frozen=True)
class SentInstead:
    """responses -- what stands, the earliest first. cause -- why the recommended one is not
    among it, or why it is although answers were missing, as a code; else None."""

    responses: tuple[str, ...]
    cause: str | None


def what_was_sent(
    recommended: str,
    sendings: Sequence[Sending],
    overridden: Collection[str],
    *,
    sends_somebody: bool,
    closed: bool,
) -> SentInstead:
    """Compare a recommendation with the dispatches of its call, in the order they were opened.

    overridden -- the recommendations that a person decided against.
    """
    standing = tuple(dict.fromkeys(one.response for one in sendings if one.stands))
    if recommended == ASK_MORE:
        return SentInstead(standing, "answers_missing" if sendings else None)
    if recommended in standing or not (sends_somebody or sendings):
        missing = any(one.for_want_of_answers and one.stands for one in sendings)
        return SentInstead(standing, "answers_missing" if missing else None)
    if recommended in overridden:
        return SentInstead(standing, "overridden")
    own = [one for one in sendings if one.response == recommended]
    if own and own[-1].state is DispatchState.UNFILLED:
        return SentInstead(standing, own[-1].cause)
    if own:
        return SentInstead(standing, "cancelled")
    return SentInstead(standing, "closed" if closed else "not_sent")


def why_nobody_is_left(asked: Iterable[PageState], nobody_asked: str) -> str:
    """The coded cause when everybody was asked. nobody_asked -- the cause where nobody was."""
    became = set(asked)
    if PageState.PASSED_OVER in became:
        return "no_answer"
    if PageState.DECLINED in became:
        return "declined_by_all"
    return "undeliverable" if PageState.UNDELIVERABLE in became else nobody_asked
