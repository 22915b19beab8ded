"""Words of a rule set that go into text messages: none of them may tell of anybody's health.

A text lies open on a telephone, and at a partner's whoever is in reads it. A level's word, the
kind of a follow-up and what a notice is about are the only words of a set that are texted. Nobody
can list every word that tells of health; those below are what people write first.
"""

import re
from collections.abc import Iterator

from triage.domain.afterwards_wording import KINDS
from triage.domain.errors import Finding
from triage.domain.narrative import fold
from triage.domain.ruleset import Place, Rule, RuleSet

_HEALTH = re.compile(
    r"\b(?:suicid|self harm|selfharm|autoles|overdos|sobredos|intoxic|drunk|borrach|drug|droga"
    r"|alcohol|addict|adicc|naloxon|methadon|metadon|opioid|mental|psych|psico|psiqui|schizo"
    r"|esquizo|bipolar|depress|depres|manic|anxiet|ansied|delusi|deliri|hallucin|alucin|dement"
    r"|alzheimer|autis|pregnan|embaraz|hiv\b|vih\b|aids\b|hepatit|tubercul|covid|infect|diagnos"
    r"|medicat|medicac|sick|enferm|disab|discap|injur|herid|wound|seizure|convuls|unconscious"
    r"|inconscient|bleed|sangr|rape|violacion|abort|withdrawal|detox)"
)
"""Beginnings of words, in English and Spanish, without accents."""


def health_word(text: str) -> str | None:
    """The first word of a text that tells of health."""
    plain = fold(text.replace("_", " "))
    found = _HEALTH.search(plain)
    return plain[found.start() :].split()[0] if found else None


def words_in_texts(rule_set: RuleSet) -> Iterator[Finding]:
    """What must not be texted, and what is not texted because nobody knows what it says."""
    if rule_set.scope == "complete":  # the levels of an illustration are never texted
        for level in rule_set.levels:
            where = f"level {level.id} is called {level.label}"
            yield from _private(rule_set.place_of("levels"), level.label, where)
    for rule in rule_set.rules:
        for notice in rule.plan.notices:
            where = f"{rule.id} tells {notice.partner} of {notice.what[:60]}"
            yield from _of_kind(rule, notice.what, where, "that a referral waits")
        for planned in rule.plan.follow_ups:
            where = f"{rule.id} plans {planned.kind}"
            yield from _of_kind(rule, planned.kind, where, "that a follow-up is due")


def _of_kind(rule: Rule, kind: str, where: str, instead: str) -> Iterator[Finding]:
    private = [*_private(rule.place, kind, where)]
    yield from private
    if kind not in KINDS and not private:
        message = f"{where}: the text says only {instead}"
        hint = f"it can say: {', '.join(KINDS)}"
        yield Finding("warning", rule.place.line, rule.place.column, message, hint)


def _private(place: Place, text: str, where: str) -> Iterator[Finding]:
    if word := health_word(text):
        message = f"{where}, and texts never tell of anybody's health"
        yield Finding("error", place.line, place.column, message, f"leave out {word}")
