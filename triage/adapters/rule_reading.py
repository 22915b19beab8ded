"""Reading the rules of a rule set."""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import cast, get_args

from triage.adapters.condition_reading import ConditionReader
from triage.adapters.node_reading import Fields, Notebook
from triage.adapters.nodes import ListNode, MappingNode, Node
from triage.domain.conditions import ALWAYS
from triage.domain.facts import Vocabulary
from triage.domain.ruleset import (
    FollowUp,
    IfUnknown,
    Kind,
    Level,
    Notice,
    Plan,
    Rule,
    Source,
    Standing,
)

KINDS: tuple[Kind, ...] = get_args(Kind)
STANDINGS: tuple[str, ...] = get_args(Standing)
OWNERS = ("clinician", "dispatcher", "supervisor", "case_worker")
CONSENTS = ("asked", "not_needed")
RESERVED_IDS = frozenset({"default", "fallback", "ask"})
MOST_POINTS = 100
MOST_HOURS = 24 * 366
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NEEDED = ("id", "when", "if_unknown", "because", "source", "standing")
_OPTIONAL = (*KINDS, "unless", "entirely", "from", "until", "owner", "review_by")


@dataclass(frozen=True)
class Surroundings:
    """What the rules of a set may name."""

    vocabulary: Vocabulary
    responses: Collection[str]
    """Those the set lists."""
    levels: Collection[str]
    sources: Collection[str]


class RulesReader:
    """Reads the rules of one file.

    whole -- every rule was read as far as it decides anything. Who says so, and since when, is
    for people: a wrong source keeps a set from loading, but not from being checked.
    """

    def __init__(self, notebook: Notebook, around: Surroundings) -> None:
        self.whole = True
        self._notebook = notebook
        self._around = around
        self._conditions = ConditionReader(notebook, around.vocabulary.facts)

    def read(self, node: Node) -> tuple[Rule, ...]:
        """The rules that could be read, in the order of the file."""
        rules: dict[str, Rule] = {}
        for item in self._notebook.items(node, "rules"):
            found = len(self._notebook.findings)
            rule = self._rule(item)
            if rule is None and len(self._notebook.findings) == found:  # never without a word
                self._notebook.error(item, "a part of this rule cannot be read")
            if rule is not None and rule.id in rules:
                self._notebook.error(item, f"there are two rules {rule.id}")
            elif rule is not None:
                rules[rule.id] = rule
        if not isinstance(node, ListNode) or len(rules) < len(node.items):
            self.whole = False
        return tuple(rules.values())

    def _rule(self, node: Node) -> Rule | None:
        fields = self._notebook.fields(node, "a rule", _NEEDED, _OPTIONAL)
        if fields is None:
            return None
        when = fields.get("when")
        condition = self._conditions.read(when) if when is not None else None
        stops = fields.get("unless")
        unless = self._conditions.read(stops) if stops is not None else None
        kind = self._kind(fields)
        rule_id = self._id(fields)
        rule = Rule(
            id=rule_id,
            kind=kind or "plan",
            when=condition or ALWAYS,
            if_unknown=cast("IfUnknown", fields.one_of("if_unknown", get_args(IfUnknown))),
            because=fields.plain_text("because"),
            source=fields.one_of("source", self._around.sources),
            standing=cast("Standing", fields.one_of("standing", STANDINGS)),
            entirely=self._entirely(fields, kind),
            valid_from=fields.date("from"),
            valid_until=fields.date("until"),
            unless=unless,
            owner=fields.text("owner"),
            review_by=fields.date("review_by"),
            place=node.place,
        )
        if rule.valid_from and rule.valid_until and rule.valid_from > rule.valid_until:
            self._notebook.error(node, f"from {rule.valid_from} is after until {rule.valid_until}")
        found = len(self._notebook.findings)
        rule = self._with_effect(rule, kind, fields)
        if rule.if_unknown not in get_args(IfUnknown) or len(self._notebook.findings) > found:
            self.whole = False
        return rule if rule_id and kind and condition is not None else None

    def _id(self, fields: Fields) -> str:
        rule_id = fields.text("id")
        if not rule_id:
            return ""
        if not _ID.fullmatch(rule_id) or len(rule_id) > 80:
            hint = "small letters, digits and single hyphens, at most 80"
            self._notebook.error(
                fields.nodes["id"], f"a rule cannot be called {rule_id[:60]}", hint
            )
        elif rule_id in RESERVED_IDS:
            self._notebook.error(fields.nodes["id"], f"{rule_id} is the engine's own word")
        return rule_id

    def _kind(self, fields: Fields) -> Kind | None:
        kinds = [kind for kind in KINDS if kind in fields.nodes]
        if len(kinds) != 1:
            found = f"has {' and '.join(kinds)}" if kinds else "has no effect"
            hint = f"exactly one of {', '.join(KINDS)}"
            self._notebook.error(fields.node, f"the rule {found}", hint)
            return None
        return kinds[0]

    def _entirely(self, fields: Fields, kind: Kind | None) -> bool:
        if "entirely" in fields.nodes and kind != "exclude":
            self._notebook.error(fields.keys["entirely"], "entirely goes with exclude")
        return fields.flag("entirely")

    def _with_effect(self, rule: Rule, kind: Kind | None, fields: Fields) -> Rule:
        node = fields.get(kind) if kind else None
        if kind is None or node is None:
            return rule
        listed, every = self._around.responses, self._around.vocabulary.responses
        if kind == "score":
            return replace(rule, points=self._points(node))
        if kind == "level":
            return replace(rule, level=self._notebook.one_of(node, kind, self._around.levels))
        if kind == "plan":
            return replace(rule, plan=self._plan(node))
        if kind == "require" and isinstance(node, ListNode):
            self._notebook.error(node, "require names one response", "one rule for each")
        known = listed if kind == "require" else every
        return replace(rule, responses=self._notebook.known_names(node, kind, known))

    def _points(self, node: Node) -> tuple[tuple[str, int], ...]:
        if not isinstance(node, MappingNode) or not node.keys:
            hint = "score: {RESPONSE: 20}"
            self._notebook.error(node, "score is a mapping of responses and points", hint)
            return ()
        points = []
        for key, value in node.entries:
            response = self._notebook.one_of(key, "score", self._around.responses)
            number = self._notebook.integer(value, "points", -MOST_POINTS, MOST_POINTS)
            points.append((response, number))
        return tuple(pair for pair in points if pair[0])

    def _plan(self, node: Node) -> Plan:
        fields = self._notebook.fields(node, "plan", (), ("follow_ups", "notices"))
        if fields is None:
            return Plan()
        follow_ups = fields.get("follow_ups")
        notices = fields.get("notices")
        items = self._notebook.items(follow_ups, "follow_ups") if follow_ups else ()
        told = self._notebook.items(notices, "notices") if notices else ()
        if not items and not told:
            self._notebook.error(node, "the plan is empty", "follow_ups or notices")
        read = (self._follow_up(item) for item in items)
        heard = (self._notice(item) for item in told)
        return Plan(tuple(one for one in read if one), tuple(one for one in heard if one))

    def _follow_up(self, node: Node) -> FollowUp | None:
        needed = ("kind", "owner", "after_h", "what", "consent")
        fields = self._notebook.fields(node, "a follow-up", needed)
        after = fields.get("after_h") if fields else None
        if fields is None or after is None:
            return None
        after_h = self._notebook.number(after, "after_h")
        if not 0 <= after_h <= MOST_HOURS:
            self._notebook.error(after, f"after_h lies between 0 and {MOST_HOURS}")
        kind = fields.get("kind")
        return FollowUp(
            kind=self._notebook.name(kind, "kind") if kind else "",
            owner=fields.one_of("owner", OWNERS),
            after_h=after_h,
            what=fields.plain_text("what"),
            consent=fields.one_of("consent", CONSENTS),
        )

    def _notice(self, node: Node) -> Notice | None:
        fields = self._notebook.fields(node, "a notice", ("partner", "what"))
        if fields is None:
            return None
        vocabulary = self._around.vocabulary
        partners = (*vocabulary.responses, *vocabulary.partners)
        return Notice(fields.one_of("partner", partners), fields.plain_text("what"))


def read_source(notebook: Notebook, key: str, node: Node) -> Source | None:
    needed = ("title", "where", "read", "standing")
    fields = notebook.fields(node, f"source {key}", needed)
    if fields is None:
        return None
    standing = fields.one_of("standing", STANDINGS)
    return Source(key, fields.text("title"), fields.text("where"), fields.text("read"), standing)


def read_level(notebook: Notebook, node: Node, timed: bool) -> Level | None:
    """A level; `timed`: it must say within how many minutes."""
    needed = ("id", "rank", "label", *(("within_min",) if timed else ()))
    fields = notebook.fields(node, "a level", needed, ("within_min", "answer_within_min"))
    if fields is None:
        return None
    return Level(
        id=fields.text("id"),
        rank=fields.integer("rank", 1, 99) or 1,
        label=fields.plain_text("label"),
        within_min=fields.integer("within_min", 1, 60 * 24 * 60),
        answer_within_min=fields.integer("answer_within_min", 1, 60 * 24),
    )
