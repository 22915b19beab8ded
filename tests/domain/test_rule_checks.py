"""Static checks: each finds what it is for, and leaves sound rule sets alone."""

from dataclasses import replace
from typing import Any

import pytest

from tests.domain.small_rules import LEVELS, VOCABULARY, is_, rule, rule_set, where
from triage.domain.conditions import ALWAYS, Condition, Every, Mentions, NoneOf, Some
from triage.domain.possibility import Possibilities
from triage.domain.rule_checks import check
from triage.domain.ruleset import Default, Example, FollowUp, Notice, Place, Plan, Prompt, RuleSet
from triage.domain.safety_floor import below_the_floor

ARMED = rule("armed", "require", is_(weapon="in_hand"), responses=("police",))
EVERYBODY = tuple(
    rule(f"r-{name}", "also", is_(code=name), responses=(name,)) for name in VOCABULARY.responses
)
LEVELLED = tuple(
    rule(f"l-{level}", "level", is_(code=level), level=level) for level in ("now", "later")
)
SOUND = rule_set(
    ARMED,
    *EVERYBODY,
    *LEVELLED,
    examples=(Example("Armed", VOCABULARY.read_call({"facts": {"weapon": "in_hand"}}), "police"),),
)


def findings(rules: RuleSet) -> list[str]:
    return [f"{one.severity}: {one.message}" for one in check(rules)]


def with_rules(*more: Any, **changes: Any) -> RuleSet:
    return replace(SOUND, rules=(*SOUND.rules, *more), **changes)


def test_a_sound_rule_set_has_no_findings() -> None:
    assert findings(SOUND) == []


@pytest.mark.parametrize(
    "when",
    [
        Every((is_(weapon="in_hand"), is_(weapon="none"))),
        Every((where("hours", "at_least", "5"), where("hours", "at_most", "4"))),
        Every((where("weapon", "known", "no"), is_(weapon="none"))),
        NoneOf((where("violence", "in", "yes", "no"),)),
        where("hours", "at_least", "101"),
        is_(weapon="seen_none", caller_proximity="remote"),
        is_(caller_proximity="remote", weapon="seen_none"),
        Mentions(("knife",), asks="weapon"),
    ],
)
def test_a_rule_that_can_never_fire(when: Any) -> None:
    never = rule("never", "also", when, responses=("ems",), place=Place(7, 5))

    assert any(
        one.severity == "error" and "never can never fire" in one.message and one.line == 7
        for one in check(with_rules(never))
    )


def test_words_that_only_make_the_call_wait_are_worth_a_look_and_loaded() -> None:
    said = Mentions(("knife",), asks="weapon")
    waits = rule("waits", "require", said, responses=("police",), if_unknown="ask")
    both = Every((said, is_(weapon="in_hand"), is_(weapon="none")))
    never = rule("never", "require", both, responses=("police",), if_unknown="ask")
    either = rule("either", "require", Some((said, is_(code="A"))), responses=("police",))

    assert findings(with_rules(waits)) == [
        "warning: waits never fires: words only make the call wait for weapon"
    ]
    assert "error: never can never fire: no answers make it true" in findings(with_rules(never))
    assert findings(with_rules(replace(either, if_unknown="ask"))) == []


def test_a_rule_that_fires_on_unknown_alone_is_worth_a_look() -> None:
    never = rule(
        "odd",
        "also",
        NoneOf((where("violence", "in", "yes", "no"),)),
        responses=("ems",),
        if_unknown="holds",
    )

    assert findings(with_rules(never)) == [
        "warning: odd is never true: it fires only while something is unknown"
    ]


def test_a_rule_that_is_always_true_without_saying_so() -> None:
    always = rule(
        "all",
        "also",
        Some((where("weapon", "known", "yes"), where("weapon", "known", "no"))),
        responses=("ems",),
    )

    assert "warning: all is true for every answer" in findings(with_rules(always))


def test_unknown_is_an_answer_as_well() -> None:
    """Who answers "not known" makes no list of values true, so the rule says something."""
    every = where("violence", "in", "yes", "no")
    known = rule("known", "also", every, responses=("ems",))

    assert findings(with_rules(known)) == []
    assert findings(with_rules(replace(known, if_unknown="ask"))) == []
    cautious = findings(with_rules(replace(known, if_unknown="holds")))
    assert "warning: known is true for every answer" in cautious


def test_what_holds_a_rule_back_sometimes_does_and_sometimes_does_not() -> None:
    def held_back(unless: Condition) -> list[str]:
        sad = is_(problem="sad")
        return findings(with_rules(rule("r", "require", sad, responses=("ems",), unless=unless)))

    always = "error: r can never fire: its unless is so whenever its when is"
    never = "warning: the unless of r never matters: it and its when are never so together"
    assert held_back(is_(problem="sad")) == [always]
    assert held_back(is_(problem="drunk")) == [never]
    assert held_back(is_(violence="no")) == []


def test_an_unless_matters_where_a_rule_counts_before_its_when_is_known() -> None:
    """It holds while nobody was asked, and no longer once the caller did not know."""
    sad, asked_in_vain = is_(problem="sad"), where("problem", "known", "no")
    cautious = rule(
        "r", "require", sad, responses=("ems",), unless=asked_in_vain, if_unknown="holds"
    )

    assert findings(with_rules(cautious)) == []
    assert findings(with_rules(replace(cautious, if_unknown="does_not_hold"))) != []


def test_an_exclusion_of_what_the_same_answer_no_longer_requires() -> None:
    sad, calm = is_(problem="sad"), is_(violence="no")
    sends = rule("sends", "require", sad, responses=("ems",), unless=calm)
    bar = rule("bar", "exclude", calm, responses=("ems",), entirely=True)

    assert findings(with_rules(sends, bar)) == []
    assert findings(with_rules(replace(sends, unless=None), bar)) != []


def test_a_requirement_of_what_is_excluded_entirely() -> None:
    bar = rule("bar", "exclude", is_(problem="sad"), responses=("police",), entirely=True)
    apart = rule("bar", "exclude", is_(weapon="none"), responses=("police",), entirely=True)
    over = rule(
        "bar", "exclude", ALWAYS, responses=("police",), entirely=True, valid_until="2025-12-31"
    )

    assert findings(with_rules(bar)) == ["error: armed requires police, bar excludes it entirely"]
    assert findings(with_rules(apart)) == []
    dated = replace(ARMED, valid_from="2026-01-01")
    other_days = {"rules": (dated, *SOUND.rules[1:], over), "scope": "illustration"}
    assert findings(replace(SOUND, **other_days)) == []


def test_a_response_that_nothing_leads_to() -> None:
    fewer = replace(SOUND, rules=tuple(one for one in SOUND.rules if one.id != "r-ems"))

    assert findings(fewer) == ["error: nothing leads to ems: no rule does"]
    weak = replace(fewer, rules=(*fewer.rules, rule("s", "score", ALWAYS, points=(("ems", 9),))))
    assert findings(weak) == [
        "error: nothing leads to ems: its points never reach the threshold",
        "warning: the points for ems decide nothing: at most 9 together",
    ]


def test_a_scored_response_without_a_threshold() -> None:
    score = rule("s", "score", is_(code="A"), points=(("ems", 10),))
    others = tuple(one for one in SOUND.rules if one.id != "r-ems")

    told = findings(replace(SOUND, rules=(*others, score), thresholds=()))

    assert [one for one in told if "ems" in one] == ["error: ems is scored but has no threshold"]


def test_asking_has_to_lead_somewhere() -> None:
    asks = rule("asks", "also", is_(code="A"), responses=("ems",), if_unknown="ask")

    assert findings(with_rules(asks, ask=None)) == [
        "error: asks asks, but the set does not say where asking leads"
    ]
    plan = rule("p", "plan", is_(code="A"), if_unknown="ask")
    assert "warning: p: a plan never makes a call wait, so ask means does_not_hold" in findings(
        with_rules(plan)
    )


def test_words_alone_decide_nothing() -> None:
    word = Mentions(("knife",))
    lowers = rule("lowers", "exclude", word, responses=("line",))
    denies = rule("denies", "also", Some((is_(code="Z"), NoneOf((word,)))), responses=("ems",))
    holds = rule(
        "holds",
        "also",
        Some((is_(code="Z"), Mentions(("knife",), "weapon"))),
        responses=("ems",),
        if_unknown="holds",
    )

    assert findings(with_rules(lowers)) == [
        "error: lowers: a mention may not decide a exclude rule"
    ]
    assert findings(with_rules(denies)) == [
        "error: denies: what the narrative leaves out proves nothing"
    ]
    assert findings(with_rules(holds)) == [
        "error: holds: a mention that prompts a question would decide instead"
    ]


def test_a_word_brings_forward_only_what_is_asked() -> None:
    cold = Mentions(("snow",), asks="cold")
    waits = rule("waits", "also", Some((is_(code="Z"), cold)), responses=("ems",))

    assert findings(with_rules(waits)) == [
        "error: waits: cold is never asked, so no word can bring it forward"
    ]
    assert findings(with_rules(prompts=(Prompt(("snow",), "cold"),))) == [
        "error: cold is never asked, so no word can bring it forward"
    ]


def test_there_is_a_limit_to_the_words_that_are_looked_for() -> None:
    prompts = tuple(
        Prompt(tuple(f"word{n}{m}" for m in range(100)), "weapon") for n in range(100, 121)
    )

    assert findings(with_rules(prompts=prompts)) == [
        "error: 2,100 terms to look for, at most 2,000"
    ]


def test_what_takes_too_long_to_find_out_is_not_claimed() -> None:
    never = Every((is_(weapon="in_hand", violence="yes"), is_(weapon="none")))

    patient, hasty = Possibilities(VOCABULARY.facts), Possibilities(VOCABULARY.facts, tests=7)

    assert (patient.never(never), patient.given_up) == (True, 0)
    assert (hasty.never(never), hasty.given_up) == (False, 1)


@pytest.mark.parametrize(
    ("read_by", "kind", "allowed"),
    [
        ("raising", "also", True),
        ("raising", "level", True),
        ("raising", "exclude", False),
        ("raising", "score", False),
        ("plan_and_also", "plan", True),
        ("plan_and_also", "require", False),
        ("any", "score", True),
    ],
)
def test_some_facts_have_no_say_in_who_comes(read_by: Any, kind: Any, allowed: bool) -> None:
    facts = dict(VOCABULARY.facts) | {"code": replace(VOCABULARY.facts["code"], read_by=read_by)}
    effects: dict[str, Any] = {
        "score": {"points": (("ems", 10),)},
        "level": {"level": "now"},
        "plan": {},
    }
    effect = effects.get(kind, {"responses": ("ems",)})
    reads = rule("reads", kind, is_(code="Q"), **effect)
    rules = replace(
        SOUND,
        rules=(ARMED, reads),
        vocabulary=replace(VOCABULARY, facts=facts),
        responses=("police", "line", "mobile", "ems"),
    )

    refused = [one for one in findings(rules) if "may not read code" in one]

    assert bool(refused) is not allowed


def test_a_repeated_rule_never_matters() -> None:
    again = replace(EVERYBODY[0], id="again")

    assert findings(with_rules(again)) == ["warning: again never matters: it repeats r-police"]


def test_a_level_that_is_the_default_anyway() -> None:
    level = rule("l", "level", is_(code="A"), level="soon")
    no_later = {"levels": SOUND.levels[:2], "rules": (*SOUND.rules[:-1], level)}

    assert findings(with_rules(level)) == []
    assert findings(replace(SOUND, **no_later)) == [
        "warning: l never matters: soon is the default level"
    ]


def test_what_is_more_urgent_is_not_reached_later() -> None:
    now, soon, later = LEVELS
    late = replace(soon, within_min=240, answer_within_min=None), replace(later, within_min=30)
    slow = replace(now, answer_within_min=5)

    assert findings(replace(SOUND, levels=(now, *late))) == [
        "error: level later is less urgent than soon and sooner"
    ]
    assert findings(replace(SOUND, levels=(soon, later, slow))) == [
        "error: level soon is less urgent than now and sooner"
    ]
    assert findings(replace(SOUND, levels=(now, replace(soon, within_min=10), later))) == []
    assert findings(replace(SOUND, levels=(now, replace(soon, within_min=None), later))) == []


class TestWhatGoesIntoTexts:
    def planned(self, kind: str = "call_back", what: str = "referral") -> list[str]:
        follow_up = FollowUp(kind, "clinician", 24, "Ask how they are", "asked")
        plan = Plan((follow_up,), (Notice("shelter", what),))
        return findings(with_rules(rule("p", "plan", is_(code="A"), plan=plan)))

    @pytest.mark.parametrize(
        "kind",
        ["suicide_follow_up", "Overdose aftercare", "HIV", "autolesión", "Psychosis", "drug_use"],
    )
    def test_no_health(self, kind: str) -> None:
        told = "and texts never tell of anybody's health"

        assert self.planned(what=kind) == [f"error: p tells shelter of {kind}, {told}"]
        assert self.planned(kind=kind) == [f"error: p plans {kind}, {told}"]
        named = replace(SOUND.levels[0], label=kind)
        levels = (named, *SOUND.levels[1:])
        assert findings(replace(SOUND, levels=levels)) == [
            f"error: level now is called {kind}, {told}"
        ]
        assert findings(replace(SOUND, levels=levels, scope="illustration")) == []

    def test_no_words_that_nobody_knows(self) -> None:
        assert self.planned() == []
        assert self.planned(kind="mrs_ortiz", what="Mrs Ortiz, Elm") == [
            "warning: p plans mrs_ortiz: the text says only that a follow-up is due",
            "warning: p tells shelter of Mrs Ortiz, Elm: the text says only that a referral waits",
        ]


class TestTheSafetyFloorOfACompleteSet:
    BELOW = "error: when weapon is in_hand, no rule requires police, an ambulance or the like"

    def requiring(self, *rules: Any, **changes: Any) -> list[str]:
        return findings(replace(SOUND, **{"rules": (*rules, *SOUND.rules[1:])} | changes))

    def test_somebody_who_can_act_is_required_whatever_else_is_answered(self) -> None:
        violent = rule("v", "require", is_(weapon="in_hand", violence="yes"), responses=("police",))
        peaceful = rule("p", "require", is_(weapon="in_hand", violence="no"), responses=("police",))

        assert self.requiring(violent) == [self.BELOW]
        assert self.requiring(violent, peaceful) == [self.BELOW]  # nobody may have asked
        assert self.requiring(violent, replace(peaceful, if_unknown="holds")) == []

    def test_a_telephone_line_or_a_rule_for_some_days_is_not_enough(self) -> None:
        line = replace(ARMED, responses=("line",))
        team = replace(ARMED, responses=("mobile",))

        assert self.BELOW in self.requiring(line)
        assert self.BELOW in self.requiring(team)
        assert self.BELOW in self.requiring(replace(ARMED, valid_from="2026-01-01"))

    def test_what_cannot_be_proved_does_not_count(self) -> None:
        hasty = Possibilities(VOCABULARY.facts, tests=0)

        told = [one.message for one in below_the_floor(SOUND, hasty)]

        assert told == ["it cannot be seen that weapon: in_hand always requires somebody"]

    def test_an_illustration_may_leave_it_out(self) -> None:
        assert self.requiring(scope="illustration", examples=()) == []

    def test_the_answers_that_slip_through_are_told(self) -> None:
        violent = rule("v", "require", is_(weapon="in_hand", violence="yes"), responses=("ems",))
        rules = replace(SOUND, rules=(violent, *SOUND.rules[1:]))

        hints = [one.hint for one in check(rules) if "in_hand" in one.message]

        assert hints == ["a complete set always does; not here: weapon in_hand"]


class TestACompleteSetEndsWithSomebody:
    def test_by_its_default_asking_and_fallbacks(self) -> None:
        nobody = with_rules(default=Default("nobody", "x"), fallbacks=(("police", ("nobody",)),))

        assert findings(nobody) == [
            "error: a complete set ends with somebody, not with nobody",
            "error: when police cannot come, nobody would send nobody",
        ]
        assert findings(replace(nobody, scope="illustration")) == []

    def test_by_its_rules_unless_they_name_the_problems(self) -> None:
        facts = dict(VOCABULARY.facts)
        facts["problem_type"] = replace(facts["problem"], name="problem_type")
        vocabulary = replace(VOCABULARY, facts=facts)
        named = where("problem", "is", "drunk")
        named = replace(named, fact="problem_type")

        def closing(when: Any) -> list[str]:
            close = rule("close", "require", when, responses=("nobody",))
            return findings(with_rules(close, vocabulary=vocabulary))

        assert closing(is_(code="X")) == [
            "error: close can end a call with nobody, whatever the problem is"
        ]
        assert closing(Some((named, is_(code="X")))) != []
        assert closing(Every((named, is_(code="X")))) == []


def test_examples_have_to_hold() -> None:
    call = VOCABULARY.read_call({"facts": {"weapon": "in_hand"}})
    wrong = Example(
        "Wrong",
        call,
        response="ems",
        level="now",
        also=("ems",),
        must_not=("police",),
        settled=True,
        outcome="ask_more",
        place=Place(9, 3),
    )

    found = check(replace(SOUND, examples=(wrong,)))

    assert {one.line for one in found} == {9}
    assert len(found) == 6
    assert found[0].hint == "fired: armed"
    right = Example(
        "Right",
        call,
        response="police",
        level="soon",
        must_not=("ems",),
        settled=False,
        outcome="decided",
    )
    assert check(replace(SOUND, examples=(right,))) == ()


def test_sets_that_could_not_be_read_whole_are_checked_as_far_as_they_go() -> None:
    never = rule("never", "also", NoneOf((ALWAYS,)), responses=("ems",))

    found = check(replace(SOUND, rules=(never,)), unread={"rules"})

    assert [one.message for one in found] == ["never can never fire: no answers make it true"]


class TestPartsThatDecideNothing:
    def test_points_that_never_reach_their_threshold(self) -> None:
        weak = rule("weak", "score", is_(code="W"), points=(("line", 9),))
        enough = rule("enough", "score", is_(code="E"), points=(("line", 1),))

        assert findings(with_rules(weak)) == [
            "warning: the points for line decide nothing: at most 9 together"
        ]
        assert findings(with_rules(weak, enough)) == []

    def test_points_that_are_none_unless_the_rule_asks(self) -> None:
        idle = rule("idle", "score", is_(code="W"), points=(("line", 0),))

        assert "warning: idle never matters: it gives no points" in findings(with_rules(idle))
        waiting = findings(with_rules(replace(idle, if_unknown="ask")))
        assert not any("idle never matters" in one for one in waiting)

    def test_a_threshold_for_what_nobody_scores(self) -> None:
        thresholds = (("default", 10), ("ems", 20))

        assert findings(with_rules(thresholds=thresholds)) == [
            "warning: no rule gives points to ems"
        ]

    def test_points_for_whom_the_same_answers_exclude(self) -> None:
        calm = rule("calm", "score", is_(violence="no", code="C"), points=(("line", 10),))
        bar = rule("bar", "exclude", is_(violence="no"), responses=("line", "mobile"))
        both = replace(calm, points=(("line", 10), ("ems", 10)))

        assert findings(with_rules(calm, bar)) == [
            "warning: calm never matters: bar excludes line, points or not"
        ]
        assert findings(with_rules(both, bar)) == []
        assert findings(with_rules(calm, replace(bar, when=is_(violence="no", code="D")))) == []

    def test_a_default_that_is_excluded_from_every_call(self) -> None:
        told = "error: bar excludes the default line from every call"
        bar = rule("bar", "exclude", ALWAYS, responses=("line",))
        unknown = where("weapon", "known", "yes")
        cautious = replace(bar, when=Some((unknown, NoneOf((unknown,)))), if_unknown="holds")

        assert told in findings(with_rules(bar))
        assert told in findings(with_rules(replace(bar, entirely=True)))
        assert told in findings(with_rules(cautious))
        for other in (
            replace(bar, when=is_(violence="no")),
            replace(bar, unless=is_(violence="no")),
            replace(bar, valid_until="2026-12-31"),
            replace(bar, responses=("mobile",)),
        ):
            assert told not in findings(with_rules(other))

    def test_an_exclusion_of_what_is_only_required(self) -> None:
        idle = rule("idle", "exclude", is_(code="X"), responses=("ems",))
        needed = rule("needed", "require", is_(code="Y"), responses=("ems",))
        scored = rule("scored", "score", is_(code="Z"), points=(("ems", 10),))

        assert findings(with_rules(idle)) == ["warning: idle never matters: ems is never chosen"]
        assert findings(with_rules(idle, needed)) == [
            "warning: idle never matters: ems is only required"
        ]
        assert findings(with_rules(idle, needed, scored)) == []
        assert findings(with_rules(replace(idle, entirely=True))) == []  # it bars r-ems
        fallbacks = (("police", ("ems",)),)
        assert findings(with_rules(idle, fallbacks=fallbacks)) == []

    def test_fallbacks_of_what_is_never_chosen(self) -> None:
        assert findings(with_rules(fallbacks=(("ems", ("police",)),))) == [
            "warning: the fallbacks of ems are never used: nothing chooses or requires it"
        ]
        of_the_default = (("line", ("ems",)), ("ems", ("police",)))
        assert findings(with_rules(fallbacks=of_the_default)) == []

    def test_a_level_that_no_rule_gives(self) -> None:
        fewer = replace(SOUND, rules=SOUND.rules[:-1])

        assert findings(fewer) == ["warning: no rule gives level later"]

    def test_words_for_a_question_that_is_not_put_or_decides_nothing(self) -> None:
        never_asked = (Prompt(("cold",), "cold"),)
        idle = (Prompt(("fire",), "hazards"),)

        assert findings(with_rules(prompts=never_asked)) == [
            "error: cold is never asked, so no word can bring it forward"
        ]
        assert findings(with_rules(prompts=idle)) == [
            "warning: words bring hazards forward, which decides nothing"
        ]


def test_a_condition_with_too_many_ways_to_be_true() -> None:
    words = (Some((Mentions((f"one{n}",)), Mentions((f"two{n}",)))) for n in range(9))
    wordy = rule("wordy", "also", Every(tuple(words)), responses=("ems",))

    assert "error: wordy: more than 256 ways to be true" in findings(with_rules(wordy))
