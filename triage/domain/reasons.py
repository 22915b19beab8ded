"""Why: the rules that fired, and what the set itself decided."""

from collections.abc import Mapping
from operator import attrgetter

from triage.domain.decision import EXCLUDED, NOT_IN_TIME, Decision
from triage.domain.facts import Vocabulary
from triage.domain.reason import Reason
from triage.domain.ruleset import RuleSet
from triage.domain.term_index import Tally

CAUSE_WORDS: Mapping[str, str] = {
    "out_of_hours": "out of hours",
    "none_on_shift": "none on shift",
    "all_committed": "all are committed",
    "declined_by_all": "all have declined",
    "no_answer": "nobody answers",
    "undeliverable": "cannot be reached",
    "out_of_area": "out of area",
    "suspended": "suspended",
    NOT_IN_TIME: "cannot be there in time",
    EXCLUDED: "excluded",
}


def reasons(rule_set: RuleSet, tally: Tally, decision: Decision) -> tuple[Reason, ...]:
    """Every rule that fired, in the order of the file, then what the set itself decided."""
    fired = sorted(rule_set.book.reasons(tally), key=attrgetter("place"))
    return (*fired, *_own_reasons(rule_set, decision, anything_fired=bool(fired)))


def _own_reasons(rule_set: RuleSet, decision: Decision, anything_fired: bool) -> tuple[Reason, ...]:
    """Default, asking first and fallback speak for themselves; one reason is always there."""
    own = []
    if decision.route == "ask":
        own.append(Reason("ask", "ask", _ask_sentence(rule_set), rule_set.name))
    elif decision.route == "default" or not anything_fired:
        because = rule_set.default.because
        own.append(Reason("default", "default", because, rule_set.name))
    if decision.cause not in (None, EXCLUDED):
        sentence = _fallback_sentence(rule_set, decision)
        own.append(Reason("fallback", "fallback", sentence, rule_set.name))
    return tuple(own)


def _ask_sentence(rule_set: RuleSet) -> str:
    sentence = "Answers are missing that decide who comes: ask first."
    if rule_set.ask is None:
        return sentence
    then = response_label(rule_set, rule_set.ask.then)
    return f"{sentence} Without them the call goes to {then} after {rule_set.ask.wait_min} min."


def _fallback_sentence(rule_set: RuleSet, decision: Decision) -> str:
    wanted = response_label(rule_set, decision.eligible)
    why = CAUSE_WORDS.get(decision.cause or "", decision.cause)
    if decision.response == decision.eligible:
        return f"{wanted}: {why}, and nobody else can come instead. A person must act."
    instead = response_label(rule_set, decision.response)
    if decision.eligible in decision.also:
        return f"{wanted}: {why}. {instead} until then; {wanted} comes as well."
    late = " It will be late: a person must act." if decision.person_must_act else ""
    return f"{wanted}: {why}. {instead} instead.{late}"


def response_label(rule_set: RuleSet, response: str) -> str:
    """How a person calls the response, in English."""
    return label_of(rule_set.vocabulary, response)


def label_of(vocabulary: Vocabulary, name: str) -> str:
    """The English label of a response; of a partner or `ask_more` the name in words."""
    known = vocabulary.responses.get(name)
    return known.label() if known else name.replace("_", " ")
