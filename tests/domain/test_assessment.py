"""What comes of the rules: every kind, unknown in its three meanings, fallbacks, conflicts."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.domain.small_rules import VOCABULARY, is_, rule, rule_set, where
from triage.domain.assessment import ENGINE, Assessment, assess, assess_after_asking
from triage.domain.bitmaps import rows_in
from triage.domain.column_decisions import ColumnRules
from triage.domain.conditions import ALWAYS, Mentions, Some
from triage.domain.history import History
from triage.domain.ruleset import AskFirst, Default, FollowUp, Notice, Plan, Prompt, RuleSet


def assessed(rules: RuleSet, situation: dict[str, Any] | None = None, **facts: Any) -> Assessment:
    call = VOCABULARY.read_call({"facts": facts, "situation": situation or {}})
    return assess(rules, call)


def told(rules: RuleSet, narrative: str, **facts: Any) -> Assessment:
    return assess(rules, VOCABULARY.read_call({"facts": facts, "narrative": narrative}))


ARMED = rule("armed", "require", is_(weapon="in_hand"), responses=("police",))
HURT = rule("hurt", "require", is_(problem="sad"), responses=("ems",))


class TestRequire:
    def test_the_required_response_answers(self) -> None:
        result = assessed(rule_set(ARMED), weapon="in_hand")

        assert (result.decision.needed, result.response) == ("police", "police")
        assert [reason.rule for reason in result.because] == ["armed"]

    def test_the_first_in_precedence_answers_and_the_others_come_along(self) -> None:
        result = assessed(rule_set(HURT, ARMED), weapon="in_hand", problem="sad").as_dict()

        assert result["response"] == "police"
        assert result["also"] == [
            {"response": "ems", "rule": "hurt", "because": "Because of hurt."}
        ]

    def test_a_requirement_beats_an_exclusion(self) -> None:
        bar = rule("bar", "exclude", ALWAYS, responses=("police",))

        result = assessed(rule_set(ARMED, bar), weapon="in_hand")

        assert result.response == "police"
        assert result.decision.excluded == ()

    def test_a_requirement_beats_any_score(self) -> None:
        score = rule("score", "score", ALWAYS, points=(("mobile", 100),))

        assert assessed(rule_set(ARMED, score), weapon="in_hand").response == "police"


class TestScore:
    def test_the_highest_at_its_threshold_wins(self) -> None:
        rules = rule_set(
            rule("a", "score", ALWAYS, points=(("mobile", 10), ("line", 15))),
            rule("b", "score", is_(problem="sad"), points=(("mobile", 10),)),
        )

        assert assessed(rules, problem="sad").response == "mobile"
        assert assessed(rules, problem="lost").response == "line"
        assert assessed(rules, problem="sad").points == {"mobile": 20, "line": 15}

    def test_ties_go_to_the_earlier_in_precedence(self) -> None:
        rules = rule_set(rule("a", "score", ALWAYS, points=(("line", 10), ("mobile", 10))))

        assert assessed(rules).response == "mobile"

    def test_below_the_threshold_the_default_answers_and_says_so(self) -> None:
        rules = rule_set(rule("a", "score", ALWAYS, points=(("mobile", 9),)))

        result = assessed(rules)

        assert result.response == "line"
        assert [reason.rule for reason in result.because] == ["a", "default"]

    def test_a_response_may_have_its_own_threshold(self) -> None:
        score = rule("a", "score", ALWAYS, points=(("mobile", 9),))

        assert assessed(rule_set(score, thresholds=(("mobile", 9),))).response == "mobile"

    def test_negative_points_take_away(self) -> None:
        rules = rule_set(
            rule("a", "score", ALWAYS, points=(("mobile", 10),)),
            rule("b", "score", is_(violence="yes"), points=(("mobile", -1),)),
        )

        assert assessed(rules, violence="yes").response == "line"


class TestExclude:
    SCORES = rule("a", "score", ALWAYS, points=(("mobile", 20), ("line", 10)))

    def test_an_excluded_response_is_needed_but_not_eligible(self) -> None:
        bar = rule("bar", "exclude", ALWAYS, responses=("mobile",))

        result = assessed(rule_set(self.SCORES, bar)).as_dict()

        assert (result["needed"], result["eligible"], result["response"]) == (
            "mobile",
            "line",
            "line",
        )
        assert result["cause"] == "excluded"
        assert result["excluded"] == [
            {"response": "mobile", "rule": "bar", "because": "Because of bar.", "entirely": False}
        ]

    def test_it_may_still_accompany_unless_excluded_entirely(self) -> None:
        along = rule("along", "also", ALWAYS, responses=("mobile",))
        bar = rule("bar", "exclude", ALWAYS, responses=("mobile",))
        keep_away = rule("bar", "exclude", ALWAYS, responses=("mobile",), entirely=True)

        assert assessed(rule_set(self.SCORES, along, bar)).decision.also == ("mobile",)
        assert assessed(rule_set(self.SCORES, along, keep_away)).decision.also == ()

    def test_an_excluded_default_gives_way_to_its_fallbacks(self) -> None:
        bar = rule("bar", "exclude", ALWAYS, responses=("line", "mobile"))
        rules = rule_set(bar, fallbacks=(("line", ("mobile", "ems")),))

        assert assessed(rules).response == "ems"

    def test_where_all_are_excluded_the_default_stays_and_a_person_must_act(self) -> None:
        bar = rule("bar", "exclude", ALWAYS, responses=("line",))

        result = assessed(rule_set(bar))

        assert (result.response, result.decision.person_must_act) == ("line", True)


class TestLevel:
    def test_the_most_urgent_level_wins(self) -> None:
        rules = rule_set(
            rule("soon", "level", ALWAYS, level="later"),
            rule("now", "level", is_(violence="yes"), level="now"),
        )

        assert assessed(rules, violence="yes").decision.level.id == "now"
        assert assessed(rules, violence="no").decision.level.id == "later"

    def test_without_one_the_default_level_counts(self) -> None:
        assert assessed(rule_set()).as_dict()["level"] == {
            "id": "soon",
            "rank": 2,
            "label": "URGENT",
            "within_min": 30,
            "answer_within_min": 2,
        }


class TestPlan:
    def test_follow_ups_and_notices_name_their_rule(self) -> None:
        plan = Plan(
            (FollowUp("call_back", "clinician", 24, "Call back", "asked"),),
            (Notice("shelter", "referral"),),
        )

        result = assessed(rule_set(rule("after", "plan", ALWAYS, plan=plan))).as_dict()

        assert result["follow_ups"] == [
            {
                "kind": "call_back",
                "owner": "clinician",
                "after_h": 24,
                "what": "Call back",
                "consent": "asked",
                "rule": "after",
            }
        ]
        assert result["notices"] == [{"partner": "shelter", "what": "referral", "rule": "after"}]


class TestUnknown:
    def rules(self, if_unknown: str) -> RuleSet:
        return rule_set(
            rule(
                "armed",
                "require",
                is_(weapon="in_hand"),
                responses=("police",),
                if_unknown=if_unknown,
            )
        )

    @pytest.mark.parametrize("facts", [{}, {"weapon": "unknown"}])
    def test_holds_lets_the_rule_fire_and_says_that_it_did_on_unknown(self, facts: dict) -> None:
        result = assessed(self.rules("holds"), **facts)

        assert result.response == "police"
        assert result.because[0].on_unknown
        assert result.police_because_unknown

    @pytest.mark.parametrize("facts", [{}, {"weapon": "unknown"}])
    def test_does_not_hold_waits_without_effect(self, facts: dict) -> None:
        result = assessed(self.rules("does_not_hold"), **facts)

        assert result.response == "line"
        assert [(one.rule, one.facts) for one in result.waiting] == [("armed", ("weapon",))]
        assert not result.police_because_unknown

    @pytest.mark.parametrize("facts", [{}, {"weapon": "unknown"}])
    def test_ask_asks_more_while_nothing_else_decides(self, facts: dict) -> None:
        result = assessed(self.rules("ask"), **facts).as_dict()

        assert (result["outcome"], result["response"]) == ("ask_more", "ask_more")
        assert result["ask"] == {"wait_min": 5, "then": "mobile"}
        assert result["because"][0]["rule"] == "ask"

    def test_asking_gives_way_to_a_decision(self) -> None:
        both = rule_set(*self.rules("ask").rules, HURT)

        result = assessed(both, problem="sad").as_dict()

        assert (result["outcome"], result["response"], result["ask"]) == ("decided", "ems", None)

    def test_a_plan_never_makes_a_call_wait(self) -> None:
        plan = rule("after", "plan", is_(weapon="in_hand"), if_unknown="ask")

        assert assessed(rule_set(plan)).outcome == "decided"

    def test_police_by_default_while_rules_wait_are_police_because_unknown(self) -> None:
        default = Default("police", "Nothing else decides.")
        rules = rule_set(HURT, default=default)

        assert assessed(rules).police_because_unknown
        assert not assessed(rules, problem="lost").police_because_unknown

    def test_police_that_known_facts_send_as_well_are_not(self) -> None:
        rules = rule_set(
            ARMED,
            *self.rules("holds").rules[:0],
            rule("x", "require", is_(code="A"), responses=("police",), if_unknown="holds"),
        )

        assert not assessed(rules, weapon="in_hand").police_because_unknown
        assert assessed(rules, weapon="none").police_because_unknown

    def test_police_by_default_are_not_when_every_answer_brings_police(self) -> None:
        default = Default("police", "Nothing else decides.")
        rules = rule_set(*self.rules("holds").rules, default=default)

        assert not assessed(rules).police_because_unknown

    def test_police_for_a_fact_that_nobody_could_establish_are_because_unknown(self) -> None:
        not_known = where("weapon", "known", "no")
        either = Some((not_known, is_(weapon="in_hand")))
        rules = rule_set(rule("x", "require", either, responses=("police",)))

        assert assessed(rules, weapon="unknown").police_because_unknown
        assert not assessed(rules, weapon="in_hand").police_because_unknown

    def test_police_for_a_fact_that_was_not_asked_are_because_unknown(self) -> None:
        not_known = where("weapon", "known", "no")
        rules = rule_set(rule("x", "require", not_known, responses=("police",), if_unknown="holds"))

        assert assessed(rules).police_because_unknown

    def test_police_left_over_by_an_exclusion_on_unknown_are_because_unknown(self) -> None:
        sad = rule("sad", "score", is_(problem="sad"), points=(("mobile", 20),))
        drunk = rule("drunk", "score", is_(problem="sad"), points=(("police", 10),))
        bar = rule("bar", "exclude", is_(weapon="in_hand"), responses=("mobile",))
        unsure = rule_set(sad, drunk, replace(bar, if_unknown="holds"))

        assert assessed(unsure, problem="sad").police_because_unknown
        assert not assessed(unsure, problem="sad", weapon="in_hand").police_because_unknown

    def test_police_instead_of_a_team_chosen_on_unknown_are_because_unknown(self) -> None:
        team = rule("x", "require", is_(code="A"), responses=("mobile",), if_unknown="holds")
        rules = rule_set(team, fallbacks=(("mobile", ("police",)),))
        away = {"team_on": "no"}

        assert assessed(rules, away).response == "police"
        assert assessed(rules, away).police_because_unknown
        assert not assessed(rules, away, code="A").police_because_unknown

    def test_police_instead_of_the_default_while_rules_wait_are_because_unknown(self) -> None:
        default = Default("mobile", "Nothing else decides.")
        rules = rule_set(HURT, default=default, fallbacks=(("mobile", ("police",)),))

        assert assessed(rules, {"team_on": "no"}).police_because_unknown
        assert not assessed(rules, {"team_on": "no"}, problem="lost").police_because_unknown

    def test_whoever_comes_instead_of_police_is_no_police(self) -> None:
        rules = rule_set(*self.rules("holds").rules, fallbacks=(("police", ("mobile",)),))
        call = VOCABULARY.read_call({"situation": {"unavailable": {"police": "all_committed"}}})

        assert assess(rules, call).response == "mobile"
        assert not assess(rules, call).police_because_unknown


class TestWhoCanCome:
    RULES = rule_set(
        rule("a", "score", ALWAYS, points=(("mobile", 20),)),
        fallbacks=(("mobile", ("ems", "line")),),
    )

    def outcome(
        self, situation: dict[str, Any], rules: RuleSet = RULES
    ) -> tuple[str, str | None, bool]:
        decision = assessed(rules, situation).decision
        assert (decision.needed, decision.eligible) == ("mobile", "mobile")
        return decision.response, decision.cause, decision.person_must_act

    def test_a_team_that_cannot_come_is_replaced_and_the_cause_is_told(self) -> None:
        gone = {"unavailable": {"mobile": "all_committed"}}

        assert self.outcome(gone) == ("ems", "all_committed", False)
        reason = assessed(self.RULES, gone).because[-1]
        assert (reason.rule, "Ems instead" in reason.because) == ("fallback", True)

    def test_no_team_on_shift_is_a_fact_of_the_situation(self) -> None:
        assert self.outcome({"team_on": "no"}) == ("ems", "none_on_shift", False)
        assert self.outcome({"team_on": "unknown"}) == ("mobile", None, False)
        assert self.outcome({}) == ("mobile", None, False)

    def test_a_team_that_comes_too_late_for_the_level_is_replaced(self) -> None:
        assert self.outcome({"minutes_to": {"mobile": 30}}) == ("mobile", None, False)
        assert self.outcome({"minutes_to": {"mobile": 31}}) == ("ems", "not_in_time", False)

    def test_in_time_comes_before_late_and_late_before_not_at_all(self) -> None:
        gone = {"mobile": "no_answer"}

        late = {"unavailable": gone, "minutes_to": {"ems": 45}}
        assert self.outcome(late) == ("line", "no_answer", False)
        only_late = {"unavailable": gone | {"line": "suspended"}, "minutes_to": {"ems": 45}}
        assert self.outcome(only_late) == ("ems", "no_answer", True)
        all_late = {"unavailable": {"line": "suspended"}, "minutes_to": {"mobile": 40, "ems": 45}}
        assert self.outcome(all_late) == ("mobile", "not_in_time", True)

    def test_when_nobody_can_come_the_needed_response_stays_and_a_person_must_act(self) -> None:
        everybody = dict.fromkeys(("mobile", "ems", "line"), "out_of_hours")

        assert self.outcome({"unavailable": everybody}) == ("mobile", "out_of_hours", True)

    @pytest.mark.parametrize("entirely", [False, True])
    def test_what_is_excluded_is_no_fallback(self, entirely: bool) -> None:
        bar = rule("bar", "exclude", ALWAYS, responses=("ems",), entirely=entirely)
        rules = rule_set(*self.RULES.rules, bar, fallbacks=self.RULES.fallbacks)

        assert self.outcome({"team_on": "no"}, rules) == ("line", "none_on_shift", False)

    def test_the_response_is_not_its_own_companion(self) -> None:
        along = rule("along", "also", ALWAYS, responses=("ems", "mobile"))
        rules = rule_set(*self.RULES.rules, along, fallbacks=self.RULES.fallbacks)

        assert assessed(rules, {"team_on": "no"}).decision.also == ()


def conflicting(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {"values": [{"value": value, "source": source} for value, source in pairs]}


class TestConflicts:
    def test_the_most_dangerous_value_counts(self) -> None:
        weapon = conflicting(("none", "caller"), ("in_hand", "neighbour"))

        result = assessed(rule_set(ARMED), weapon=weapon).as_dict()

        assert result["response"] == "police"
        assert result["conflicts"] == [
            {
                "fact": "weapon",
                "values": weapon["values"],
                "taken": "in_hand",
                "by": "most_dangerous",
            }
        ]

    def test_without_an_order_the_more_protective_result_stands(self) -> None:
        rules = rule_set(
            rule("lost", "level", is_(problem="lost"), level="now"),
            rule("sad", "require", is_(problem="sad"), responses=("ems",)),
        )

        result = assessed(rules, problem=conflicting(("sad", "a"), ("lost", "b"))).as_dict()

        assert (result["level"]["id"], result["response"]) == ("now", "line")
        assert result["conflicts"][0]["taken"] == "lost"
        assert result["conflicts"][0]["by"] == "more_protective"

    def test_at_the_same_level_the_response_earlier_in_precedence_stands(self) -> None:
        problem = conflicting(("lost", "a"), ("sad", "b"))

        assert assessed(rule_set(HURT), problem=problem).response == "ems"

    def test_who_reported_first_changes_no_reason(self) -> None:
        rules = rule_set(
            rule("lost", "require", is_(problem="lost"), responses=("ems",)),
            rule("sad", "score", is_(problem="sad"), points=(("ems", 90),)),
            thresholds=(("default", 50),),
        )
        reports = ("lost", "a"), ("sad", "b")

        one, other = (
            assessed(rules, problem=conflicting(*said)).as_dict()
            for said in (reports, reports[::-1])
        )

        differing = {key for key in one if one[key] != other[key]}
        assert differing == {"conflicts"}  # which keeps them as they came in

    def test_unknown_among_the_values_is_a_possibility_of_its_own(self) -> None:
        rules = rule_set(
            rule("x", "require", is_(weapon="in_hand"), responses=("police",), if_unknown="holds")
        )

        weapon = conflicting(("none", "caller"), ("unknown", "neighbour"))
        assert assessed(rules, weapon=weapon).response == "police"

    def test_however_many_contradict_the_call_is_decided_and_nobody_is_left_out(self) -> None:
        """A hundred combinations and more: each answer is read by itself, and the dangerous one
        among them counts."""
        torn = {
            "problem": conflicting(("drunk", "a"), ("lost", "b"), ("sad", "c")),
            "hours": {"values": [{"value": n, "source": "clock"} for n in range(20)]},
            "code": conflicting(("A1", "a"), ("B2", "b"), ("C3", "c")),
            "weapon": conflicting(("seen_none", "a"), ("unknown", "b")),
            "violence": conflicting(("no", "a"), ("unknown", "b")),
        }
        rules = rule_set(
            rule("sad", "require", is_(problem="sad"), responses=("ems",)),
            rule("late", "require", where("hours", "at_least", "19"), responses=("mobile",)),
            rule("c3", "also", is_(code="C3"), responses=("line",)),
            rule("unclear", "level", where("weapon", "known", "no"), level="now"),
        )

        result = assessed(rules, **torn)

        assert {result.response, *result.decision.also} == {"ems", "mobile", "line"}
        assert result.decision.level.id == "now"
        assert {one.fact for one in result.conflicts} == {
            "problem",
            "hours",
            "code",
            "weapon",
            "violence",
        }

    def test_what_no_rule_reads_multiplies_nothing(self) -> None:
        codes = {"values": [{"value": f"C{n}", "source": "cad"} for n in range(50)]}
        problem = conflicting(("lost", "a"), ("sad", "b"))

        result = assessed(rule_set(HURT), problem=problem, code=codes)

        assert len(result.others) == 1
        assert result.response == "ems"


class TestAskingFirst:
    RULES = rule_set(
        rule("ask", "require", is_(problem="sad"), responses=("ask_more",)),
        HURT,
        rule("calm", "score", is_(weapon="none"), points=(("mobile", 90),), if_unknown="ask"),
        thresholds=(("default", 50),),
        ask=AskFirst(5, "mobile"),
    )

    def test_it_goes_along_with_nobody(self) -> None:
        """Who asks first sends nobody, so it is never one of those who come as well."""
        assert assessed(self.RULES, problem="sad").decision.also == ()
        history = History(VOCABULARY)
        history.add(VOCABULARY.read_call({"facts": {"problem": "sad"}}))
        also = ColumnRules(self.RULES).decide(history).also
        assert not [one for one, calls in also.items() if calls.any()]

    def test_after_the_wait_only_what_would_still_wait_takes_the_other_way(self) -> None:
        open_yet, all_told = ({}, {"weapon": "in_hand"})

        def late(facts: dict[str, Any]) -> Assessment:
            return assess_after_asking(self.RULES, VOCABULARY.read_call({"facts": facts}))

        assert assessed(self.RULES, **open_yet).response == "ask_more"
        assert late(open_yet).response == "mobile"
        assert late(all_told).as_dict() == assessed(self.RULES, **all_told).as_dict()
        assert late(all_told).response == "line"


class TestTeamsThatRulesAskFor:
    """A rule may ask whether there is a team; it is told as well by who is said to be away."""

    POLICE_ONLY_WITHOUT_TEAM = rule_set(
        rule("bar", "exclude", is_(team_on="yes"), responses=("police",), entirely=True),
        rule("armed", "score", is_(weapon="in_hand"), points=(("police", 90), ("mobile", 50))),
        thresholds=(("default", 50),),
        fallbacks=(("mobile", ("ems",)),),
    )

    def test_a_team_that_is_away_is_not_there_for_a_rule_either(self) -> None:
        rules, armed = self.POLICE_ONLY_WITHOUT_TEAM, {"weapon": "in_hand"}

        assert assessed(rules, **armed).response == "mobile"
        away = {"unavailable": {"mobile": "all_committed"}}
        assert assessed(rules, away, **armed).response == "police"
        assert assessed(rules, away | {"team_on": "yes"}, **armed).response == "police"

    def test_a_team_that_is_later_than_every_target_is_away_too(self) -> None:
        rules, armed = self.POLICE_ONLY_WITHOUT_TEAM, {"weapon": "in_hand"}

        assert assessed(rules, {"minutes_to": {"mobile": 240}}, **armed).response == "ems"
        assert assessed(rules, {"minutes_to": {"mobile": 241}}, **armed).response == "police"

    def test_past_calls_are_told_the_same(self) -> None:
        rules = self.POLICE_ONLY_WITHOUT_TEAM
        raws = [
            {"facts": {"weapon": "in_hand"}, "situation": {"unavailable": away}}
            for away in ({}, {"mobile": "all_committed"}, {"ems": "all_committed"})
        ]
        raws.append({"facts": {"weapon": "in_hand"}, "situation": {"minutes_to": {"mobile": 241}}})
        history = History(VOCABULARY)
        for raw in raws:
            history.add(VOCABULARY.read_call(raw))

        found = ColumnRules(rules).decide(history).response

        assert {
            name: rows for name, calls in found.items() if (rows := rows_in(calls, 4).tolist())
        } == {"police": [1, 3], "mobile": [0, 2]}


class TestSight:
    RULES = rule_set(rule("calm", "require", is_(weapon="seen_none"), responses=("mobile",)))

    def test_who_cannot_see_has_not_seen_that_there_is_none(self) -> None:
        remote = assessed(self.RULES, weapon="seen_none", caller_proximity="remote")

        assert remote.response == "line"
        assert remote.as_dict()["unseen"] == [{"fact": "weapon", "value": "seen_none"}]
        assert assessed(self.RULES, weapon="seen_none").response == "mobile"

    def test_a_call_is_not_settled_while_the_caller_may_turn_out_not_to_see(self) -> None:
        result = assessed(self.RULES, weapon="seen_none").as_dict()

        assert (result["settled"], result["could_become"]) == (False, ["line"])
        assert [one["fact"] for one in result["ask_next"]] == ["caller_proximity"]


class TestDates:
    RULES = rule_set(
        rule(
            "winter",
            "require",
            ALWAYS,
            responses=("ems",),
            valid_from="2026-11-01",
            valid_until="2027-03-31",
        )
    )

    @pytest.mark.parametrize(
        ("now", "response"),
        [
            ("2026-10-31T23:59:00-06:00", "line"),
            ("2026-11-01T00:00:00-06:00", "ems"),
            ("2027-03-31T23:59:00-06:00", "ems"),
            ("2027-04-01T00:00:00-06:00", "line"),
        ],
    )
    def test_a_rule_is_in_force_on_its_local_days(self, now: str, response: str) -> None:
        assert assessed(self.RULES, {"now": now}).response == response

    def test_without_a_date_it_is_in_force(self) -> None:
        assert assessed(self.RULES).response == "ems"


class TestNarrative:
    def test_words_prompt_a_question_and_set_nothing(self) -> None:
        rules = rule_set(ARMED, prompts=(Prompt(("knife",), "weapon"), Prompt(("gas",), "code")))

        result = told(rules, "He has a knife. Gas? No.").as_dict()

        assert result["response"] == "line"
        first, second = result["ask_next"]
        assert (first["fact"], first["changes_to"]) == ("weapon", ["police"])
        assert first["because"].startswith("The narrative says “knife”.")
        assert (second["fact"], second["changes_to"]) == ("code", [])

    def test_words_alone_make_a_call_wait_until_the_question_was_put(self) -> None:
        said = Mentions(("knife",), asks="weapon")
        rules = rule_set(rule("wait", "require", said, responses=("police",), if_unknown="ask"))

        assert told(rules, "He has a knife.").response == "ask_more"
        assert told(rules, "He has a spoon.").response == "line"
        for answer in ("in_hand", "none", "unknown"):
            assert told(rules, "He has a knife.", weapon=answer).response == "line"

    def test_words_may_raise_where_the_rule_says_so(self) -> None:
        rules = rule_set(rule("word", "level", Mentions(("siege",)), level="now"))

        assert told(rules, "It is a siege").decision.level.id == "now"
        assert told(rules, "").decision.level.id == "soon"


class TestAskNext:
    def test_each_question_says_what_it_could_change(self) -> None:
        result = assessed(rule_set(ARMED)).as_dict()

        assert (result["settled"], result["could_become"]) == (False, ["police"])
        assert result["ask_next"] == [
            {
                "fact": "weapon",
                "question": "weapon?",
                "changes_to": ["police"],
                "changes": ["response"],
                "because": "Goes to Police if weapon is in_hand.",
            }
        ]

    def test_the_gate_comes_first_then_what_changes_most(self) -> None:
        rules = rule_set(
            rule("l", "level", is_(problem="sad"), level="now"),
            rule("c", "also", is_(code="A"), responses=("ems",)),
            rule("r", "require", is_(violence="yes"), responses=("ems",)),
            rule("g", "also", is_(weapon="in_hand"), responses=("ems",)),
        )

        asked = [one["fact"] for one in assessed(rules).as_dict()["ask_next"]]

        assert asked == ["weapon", "violence", "problem", "code"]

    def test_questions_that_matter_only_together_say_so(self) -> None:
        both = rule("r", "require", is_(violence="yes", problem="sad"), responses=("ems",))

        result = assessed(rule_set(both)).as_dict()

        assert result["could_become"] == ["ems"]
        assert {one["because"] for one in result["ask_next"]} == {
            "Together with other answers it can lead to Ems."
        }

    def test_what_was_asked_in_vain_is_not_asked_again(self) -> None:
        result = assessed(rule_set(ARMED), weapon="unknown").as_dict()

        assert (result["settled"], result["ask_next"]) == (True, [])

    def test_the_situation_is_never_asked(self) -> None:
        cold = rule("cold", "require", is_(cold="yes"), responses=("ems",))

        result = assessed(rule_set(cold)).as_dict()

        assert (result["settled"], result["ask_next"]) == (True, [])
        assert assessed(rule_set(cold), {"cold": "yes"}).response == "ems"

    def test_a_question_about_the_caller_is_put_to_the_caller(self) -> None:
        fact = VOCABULARY.facts["weapon"]

        assert fact.question("first") == fact.question("third") == "weapon?"
        assert fact.question("third", "es") == "weapon? (es)"


class TestRepeatable:
    RULES = rule_set(HURT, ARMED, rule("s", "score", ALWAYS, points=(("mobile", 3), ("line", 4))))

    def test_the_same_input_gives_the_same_bytes(self) -> None:
        one = VOCABULARY.read_call(
            {"facts": {"weapon": "none", "problem": "sad"}, "narrative": "ü"}
        )
        two = VOCABULARY.read_call(
            {"narrative": "ü", "facts": {"problem": "sad", "weapon": "none"}}
        )

        assert one == two
        assert assess(self.RULES, one).canonical_json() == assess(self.RULES, two).canonical_json()

    def test_the_json_is_complete_and_names_what_it_came_from(self) -> None:
        result = json.loads(assessed(self.RULES).canonical_json())

        assert result == assessed(self.RULES).as_dict()
        assert (result["rule_set"], result["version"], result["engine"]) == ("small", "1", ENGINE)
        assert (result["sha256"], result["vocabulary_sha256"]) == ("r" * 64, "v" * 64)

    def test_without_looking_ahead_it_does_not_claim_to_be_settled(self) -> None:
        call = VOCABULARY.read_call({})

        assert assess(self.RULES, call, ahead=False).as_dict()["settled"] is None

    def test_a_rule_set_can_be_hashed_and_compared(self) -> None:
        assert rule_set(ARMED) == rule_set(ARMED)
        assert len({rule_set(ARMED), rule_set(ARMED), rule_set(HURT)}) == 2


def test_a_rule_that_asks_for_everything_leaves_nothing_without_a_reason() -> None:
    for facts in ({}, {"weapon": "in_hand"}, {"problem": "sad"}, {"weapon": "unknown"}):
        for rules in (rule_set(), rule_set(ARMED, HURT)):
            assert assessed(rules, **facts).because


def test_counts_and_ranges_of_numbers_decide(  # a number read from JSON, not from text
) -> None:
    rules = rule_set(rule("long", "require", where("hours", "at_least", "24"), responses=("ems",)))

    assert assessed(rules, hours=24).response == "ems"
    assert assessed(rules, hours=23.5).response == "line"


class TestWhoIsRequiredAndCannotCome:
    RULES = rule_set(
        rule("hurt", "require", is_(violence="yes"), responses=("ems",)),
        rule("armed", "require", is_(weapon="in_hand"), responses=("police",)),
        fallbacks=(("ems", ("line",)), ("police", ("mobile",))),
    )

    def test_whoever_is_only_late_comes_beside_who_stands_in(self) -> None:
        result = assessed(self.RULES, {"minutes_to": {"ems": 90}}, violence="yes")

        assert (result.response, result.decision.also) == ("line", ("ems",))
        assert result.decision.cause == "not_in_time"
        assert "comes as well" in result.because[-1].because

    def test_whoever_is_away_is_a_matter_for_a_person(self) -> None:
        gone = {"unavailable": {"ems": "all_committed"}}
        replaced = assessed(self.RULES, gone, violence="yes")
        along = assessed(self.RULES, gone, violence="yes", weapon="in_hand")

        assert (replaced.response, replaced.decision.person_must_act) == ("line", True)
        assert (along.response, along.decision.also) == ("police", ("ems",))
        assert along.decision.person_must_act

    def test_a_contradiction_adds_and_its_order_decides_nothing(self) -> None:
        rules = rule_set(
            rule("drunk", "require", is_(problem="drunk"), responses=("mobile",)),
            rule("sad", "also", is_(problem="sad"), responses=("line",)),
        )
        one, other = (
            VOCABULARY.read_call(
                {
                    "facts": {
                        "problem": {
                            "values": [{"value": value, "source": value} for value in values]
                        }
                    }
                }
            )
            for values in (("drunk", "sad"), ("sad", "drunk"))
        )
        first, second = assess(rules, one), assess(rules, other)

        assert first.decision == second.decision
        assert set(first.decision.also) | {first.response} >= {"mobile", "line"}
        told = first.as_dict()
        assert {one["rule"] for one in told["also"]} <= {"drunk", "sad"}
        assert {one["rule"]: one["facts"] for one in told["because"]}["sad"] == {"problem": "sad"}
