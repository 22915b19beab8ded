"""Reading a rule set file: everything around the rules, and its examples."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import TypeVar, cast, get_args

from triage.adapters.condition_reading import ConditionReader
from triage.adapters.example_reading import read_example
from triage.adapters.node_reading import Fields, Notebook
from triage.adapters.nodes import MappingNode, Node
from triage.adapters.rule_reading import RulesReader, Surroundings, read_level, read_source
from triage.adapters.strict_yaml import Document
from triage.domain.facts import Vocabulary
from triage.domain.ruleset import (
    ASK_MORE,
    AskFirst,
    Default,
    Example,
    Level,
    Prompt,
    Rule,
    RuleSet,
    Scope,
    Source,
)

_NEEDED = (
    *("rule_set", "version", "title", "scope", "about", "sources", "vocabulary", "responses"),
    *("default", "levels", "default_level", "rules"),
)
_OPTIONAL = (
    *("protocol", "ask", "thresholds", "fallbacks", "prompts", "floor_departures", "examples"),
)
_SPOKEN = frozenset(
    {"rule_set", "version", "title", "about", "sources", "vocabulary", "protocol"}
    | {"floor_departures"}
)
"""Keys that are for people: no call is decided by them."""
_ONE_BY_ONE = frozenset({"rules", "prompts", "examples"})
"""Keys of lists whose entries can be read without the others."""
MOST_THRESHOLD = 10_000
MOST_EXAMPLES = 500
"""Each is assessed whenever the file is read."""


_T = TypeVar("_T")


class _Anything(tuple[str, ...]):
    """The names of a list that is missing: that is said once, not once for each name."""

    def __contains__(self, name: object) -> bool:
        return True


def read_rule_set(
    text: str, document: Document, vocabulary: Vocabulary, notebook: Notebook
) -> tuple[RuleSet | None, frozenset[str]]:
    """The rule set as far as it can be read, and the keys whose parts could not all be read.

    None if it is no mapping. Findings go into the notebook. With errors in it the rule set is good
    for further checks only: where a key is missing, something else stands for it.
    """
    root, whole = document.root, document.whole
    if isinstance(root, MappingNode) and not whole:
        _leave_out_the_unfinished(root)
    needed = _NEEDED if whole else ()
    fields = notebook.fields(root, "a rule set", needed, (*_NEEDED, *_OPTIONAL))
    if fields is None:
        return None, frozenset()
    reader = _RuleSetReader(notebook, fields, vocabulary)
    if not whole:
        reader.unread.update(_NEEDED, _OPTIONAL)
    rule_set = replace(reader.read(), sha256=sha256(text.encode()).hexdigest())
    if notebook.has_errors:
        reader.unread.add("examples")  # they are tried when all else is right
    return rule_set, frozenset(reader.unread - _SPOKEN)


def _leave_out_the_unfinished(root: MappingNode) -> None:
    """Of a file that was read up to a slip: half a list of levels would make names unknown."""
    for key in [*root.keys][-1:]:
        if key not in _ONE_BY_ONE:
            root.drop(key)


class _RuleSetReader:
    def __init__(self, notebook: Notebook, fields: Fields, vocabulary: Vocabulary) -> None:
        self.unread = {key for key in _NEEDED if key not in fields.nodes}
        self._notebook = notebook
        self._fields = fields
        self._vocabulary = vocabulary
        self._known = tuple(dict.fromkeys((*vocabulary.responses, ASK_MORE)))

    def read(self) -> RuleSet:
        fields = self._fields
        scope = self._part("scope", lambda: fields.one_of("scope", get_args(Scope)))
        responses = self._part("responses", lambda: fields.known_names("responses", self._known))
        responses = responses or self._known
        levels = self._part("levels", lambda: self._levels(timed=scope == "complete"))
        level_ids = [level.id for level in levels] or _Anything()
        return RuleSet(
            name=self._name(),
            version=fields.text("version"),
            title=fields.text("title"),
            about=fields.text("about"),
            scope=cast("Scope", scope),
            protocol=fields.text("protocol"),
            vocabulary=self._vocabulary,
            vocabulary_version=self._vocabulary_version(),
            sources=self._sources(),
            responses=responses,
            default=self._part("default", lambda: self._default(responses)),
            levels=levels,
            default_level=self._part(
                "default_level", lambda: fields.one_of("default_level", level_ids)
            ),
            rules=self._rules(responses, level_ids),
            ask=self._part("ask", lambda: self._ask(responses)),
            thresholds=self._part("thresholds", lambda: self._thresholds(responses)),
            fallbacks=self._part("fallbacks", lambda: self._fallbacks(responses)),
            prompts=self._part("prompts", self._prompts),
            floor_departures=self._departures(),
            examples=self._examples(),
            places=tuple((name, key.place) for name, key in fields.keys.items()),
        )

    def _part(self, key: str, read: Callable[[], _T]) -> _T:
        """What is read under a key, which counts as unread if anything was found wrong there."""
        found = len(self._notebook.findings)
        part = read()
        if len(self._notebook.findings) > found:
            self.unread.add(key)
        return part

    def _rules(self, responses: Collection[str], levels: Collection[str]) -> tuple[Rule, ...]:
        around = Surroundings(self._vocabulary, responses, levels, self._source_keys)
        reader = RulesReader(self._notebook, around)
        node = self._fields.get("rules")
        rules = reader.read(node) if node else ()
        if not reader.whole:
            self.unread.add("rules")
        return rules

    def _name(self) -> str:
        name = self._fields.text("rule_set")
        if name and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
            hint = "small letters, digits and single hyphens"
            self._notebook.error(self._fields.nodes["rule_set"], f"not a name: {name[:60]}", hint)
        return name

    def _vocabulary_version(self) -> str:
        stated = self._fields.text("vocabulary")
        if stated and stated != self._vocabulary.version:
            node = self._fields.nodes["vocabulary"]
            message = f"written for vocabulary {stated}, read with {self._vocabulary.version}"
            self._notebook.warning(node, message)
        return stated

    def _entries(self, key: str) -> Mapping[str, tuple[Node, Node]]:
        """The entries of a top-level mapping: key node and value by name."""
        node = self._fields.get(key)
        if node is None:
            return {}
        if not isinstance(node, MappingNode):
            self._notebook.error(node, f"{key} is a mapping of names")
            return {}
        return {key.value: (key, value) for key, value in node.entries}

    @property
    def _source_keys(self) -> Collection[str]:
        """Those that may be named, of sources that could not be read as well."""
        node = self._fields.get("sources")
        return node.keys if isinstance(node, MappingNode) else _Anything()

    def _sources(self) -> tuple[Source, ...]:
        entries = self._entries("sources").items()
        read = [read_source(self._notebook, key, value) for key, (_, value) in entries]
        return tuple(source for source in read if source is not None)

    def _levels(self, timed: bool) -> tuple[Level, ...]:
        node = self._fields.get("levels")
        if node is None:
            return ()
        items = self._notebook.items(node, "levels")
        if not items:
            self._notebook.error(node, "there are no levels", "a set has at least one")
        read = [read_level(self._notebook, item, timed) for item in items]
        levels = tuple(level for level in read if level is not None)
        for what in ("id", "rank"):
            stated = [getattr(level, what) for level in levels]
            if len(set(stated)) < len(stated):
                self._notebook.error(node, f"two levels have the same {what}")
        return levels

    def _default(self, responses: tuple[str, ...]) -> Default:
        node = self._fields.get("default")
        needed = ("response", "because")
        fields = self._notebook.fields(node, "default", needed) if node else None
        if fields is None:
            return Default("", "")
        return Default(fields.one_of("response", responses), fields.plain_text("because"))

    def _ask(self, responses: tuple[str, ...]) -> AskFirst | None:
        node = self._fields.get("ask")
        fields = self._notebook.fields(node, "ask", ("wait_min", "then")) if node else None
        if fields is None:
            return None
        then = fields.one_of("then", [one for one in responses if one != ASK_MORE])
        return AskFirst(fields.integer("wait_min", 1, 240) or 1, then)

    def _thresholds(self, responses: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
        thresholds = []
        for name, (key, value) in self._entries("thresholds").items():
            self._notebook.one_of(key, "thresholds", (*responses, "default"))
            low, high = -MOST_THRESHOLD, MOST_THRESHOLD
            thresholds.append((name, self._notebook.integer(value, "a threshold", low, high)))
        return tuple(thresholds)

    def _fallbacks(self, responses: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
        fallbacks = []
        for name, (key, value) in self._entries("fallbacks").items():
            self._notebook.one_of(key, "fallbacks", responses)
            chain = self._notebook.known_names(value, f"the fallbacks of {name}", responses)
            if name in chain:
                self._notebook.error(value, f"{name} cannot fall back on itself")
            fallbacks.append((name, chain))
        return tuple(fallbacks)

    def _prompts(self) -> tuple[Prompt, ...]:
        node = self._fields.get("prompts")
        prompts = []
        reader = ConditionReader(self._notebook, self._vocabulary.facts)
        for item in self._notebook.items(node, "prompts") if node else ():
            fields = self._notebook.fields(item, "a prompt", ("terms", "asks"))
            if fields is None:
                continue
            terms = reader.terms(fields.get("terms"))
            if asks := fields.one_of("asks", self._vocabulary.facts):
                prompts.append(Prompt(terms, asks))
        return tuple(prompts)

    def _departures(self) -> tuple[tuple[tuple[str, str], ...], ...]:
        node = self._fields.get("floor_departures")
        departures = []
        for item in self._notebook.items(node, "floor_departures") if node else ():
            needed, named = ("source", "because"), ("fact", "response")
            fields = self._notebook.fields(item, "a floor departure", needed, named)
            if fields is None:
                continue
            if fields.nodes.keys().isdisjoint(named):
                hint = "one of: fact, response"
                self._notebook.error(item, "a floor departure says not from what", hint)
            fields.one_of("source", self._source_keys)
            fields.one_of("fact", (*self._vocabulary.facts, "unknown"))
            fields.one_of("response", self._known)
            departures.append(tuple((key, fields.text(key)) for key in fields.nodes))
        return tuple(departures)

    def _examples(self) -> tuple[Example, ...]:
        node = self._fields.get("examples")
        items = self._notebook.items(node, "examples", MOST_EXAMPLES) if node else ()
        read = [read_example(self._notebook, self._vocabulary, item) for item in items]
        return tuple(example for example in read if example is not None)
