"""Why: the rules that fired, and what the set itself decided."""

from collections.abc import Mapping
from operator import attrgetter

from triage.domain.decision import EXCLUDED, NOT_IN_TIME, Decision
from triage.domain.facts import Vocabulary
from triage.domain.reason import Reason
from triage.domain.ruleset import RuleSet
from triage.domain.term_index import Tally
from triage.domain.words import Named, listed, msgid

CAUSE_WORDS: Mapping[str, str] = {
    "out_of_hours": msgid("out of hours"),
    "none_on_shift": msgid("none on shift"),
    "all_committed": msgid("all are committed"),
    "in_alarm": msgid("whoever is free has an alarm"),
    "declined_by_all": msgid("all have declined"),
    "no_answer": msgid("nobody answers"),
    "undeliverable": msgid("cannot be reached"),
    "out_of_area": msgid("out of area"),
    "suspended": msgid("suspended"),
    NOT_IN_TIME: msgid("cannot be there in time"),
    EXCLUDED: msgid("excluded"),
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
    sentence = msgid("Answers are missing that decide who comes: ask first.")
    if rule_set.ask is None:
        return sentence
    without = msgid(
        "Without them the call goes to %(name)s after %(minutes)s min.",
        name=response_label(rule_set, rule_set.ask.then),
        minutes=rule_set.ask.wait_min,
    )
    return listed(" ", (sentence, without))


def _fallback_sentence(rule_set: RuleSet, decision: Decision) -> str:
    wanted = response_label(rule_set, decision.eligible)
    why = CAUSE_WORDS.get(decision.cause or "", decision.cause or "")
    said = {"wanted": wanted, "why": why}
    if decision.response == decision.eligible:
        return msgid(
            "%(wanted)s: %(why)s, and nobody else can come instead. A person must act.", **said
        )
    said["instead"] = response_label(rule_set, decision.response)
    if decision.eligible in decision.also:
        return msgid(
            "%(wanted)s: %(why)s. %(instead)s until then; %(wanted)s comes as well.", **said
        )
    sentence = msgid("%(wanted)s: %(why)s. %(instead)s instead.", **said)
    if not decision.person_must_act:
        return sentence
    return listed(" ", (sentence, msgid("It will be late: a person must act.")))


def response_label(rule_set: RuleSet, response: str) -> str:
    """How a person calls the response."""
    return label_of(rule_set.vocabulary, response)


def label_of(vocabulary: Vocabulary, name: str) -> str:
    """The label of a response, as each reader says it; of a partner or `ask_more` the name in
    words."""
    known = vocabulary.responses.get(name)
    return Named(known.labels) if known else name.replace("_", " ")
