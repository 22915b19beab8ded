"""A rule set's own examples: calls, and what must come of them."""

from collections.abc import Iterator

from triage.domain.assessment import Assessment, assess
from triage.domain.errors import Finding
from triage.domain.ruleset import Example, RuleSet


def check_examples(rule_set: RuleSet) -> Iterator[Finding]:
    """An error for everything an example expects and does not get."""
    if not rule_set.examples and rule_set.scope == "complete":
        place = rule_set.place_of("rule_set")
        yield Finding("warning", place.line, place.column, "the set has no examples")
    for example in rule_set.examples:
        assessment = assess(rule_set, example.call, ahead=example.settled is not None)
        for message in disappointments(example, assessment):
            place = example.place
            told = f"example “{example.name}”: {message}"
            yield Finding("error", place.line, place.column, told, _why(assessment))


def disappointments(example: Example, assessment: Assessment) -> Iterator[str]:
    """What came otherwise than the example expects."""
    decision = assessment.decision
    came = {decision.response, *decision.also}
    if example.response not in (None, decision.response):
        yield f"the response is {decision.response}, not {example.response}"
    if example.outcome not in (None, assessment.outcome):
        yield f"the outcome is {assessment.outcome}, not {example.outcome}"
    if example.level not in (None, decision.level.id):
        yield f"the level is {decision.level.id}, not {example.level}"
    for companion in example.also:
        if companion not in decision.also:
            yield f"{companion} does not come as well"
    for unwanted in example.must_not:
        if unwanted in came:
            yield f"{unwanted} comes and must not"
    if example.settled not in (None, assessment.outlook.settled):
        yield "it is settled" if assessment.outlook.settled else "it is not settled"


def _why(assessment: Assessment) -> str:
    """The rules behind it, so that nobody has to look for them."""
    fired = [reason.rule for reason in assessment.because]
    return f"fired: {', '.join(fired[:8])}{', ...' if len(fired) > 8 else ''}"
