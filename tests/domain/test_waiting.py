"""What waiting rules wait for: kept from call to call, and the same as found anew."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.test_outlook import ASKABLE, calls, rule_sets
from triage.domain.cases import cases_of
from triage.domain.waiting import waits_for


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_was_found_for_other_calls_changes_nothing(data: st.DataObject) -> None:
    pool = [*ASKABLE, "cold"]
    rules = data.draw(rule_sets(pool))
    for call in data.draw(st.lists(calls(pool), min_size=2, max_size=5)):
        for reading, tally, _, heard, _ in cases_of(rules, call):
            undecided = rules.book.rules_in(tally.undecided & ~rules.book.holds)

            found = rules.waiting.of(tally, reading.answers, heard)

            assert found == tuple(waits_for(one, reading.answers, heard) for one in undecided)
