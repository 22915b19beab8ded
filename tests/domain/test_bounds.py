"""The bounds of a position: asked about one response they say what they say of all."""

from hypothesis import given, settings

from tests.domain.test_outlook import scenes
from triage.domain.bounds import Bounds
from triage.domain.calls import CallInput
from triage.domain.cases import cases_of
from triage.domain.positions import position_of
from triage.domain.ruleset import RuleSet


@settings(max_examples=100, deadline=None)
@given(scenes())
def test_one_response_may_come_where_it_is_among_all_that_may(
    scene: tuple[RuleSet, CallInput, list[str]],
) -> None:
    rules, call, _ = scene
    for case in cases_of(rules, call):
        bounds = Bounds(position_of(rules, case.reading, case.heard, call.now[:10]))

        one_by_one = {one for one in rules.precedence if bounds.may_become(one)}

        assert one_by_one == bounds.responses()
