"""Reading a rule set file: everything around the rules, and its examples."""

import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import cast, get_args

from triage.adapters.condition_reading import ConditionReader
from triage.adapters.example_reading import read_example
from triage.adapters.node_reading import Fields, Notebook
from triage.adapters.rule_reading import RulesReader, Surroundings, read_level, read_source
from triage.adapters.strict_yaml import MappingNode, Node
from triage.domain.facts import Vocabulary
from triage.domain.ruleset import (
    ASK_MORE,
    AskFirst,
    Default,
    Example,
    Level,
    Prompt,
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
MOST_THRESHOLD = 10_000
MOST_EXAMPLES = 500
"""Each is assessed whenever the file is read."""


def read_rule_set(
    text: str, root: Node, vocabulary: Vocabulary, notebook: Notebook
) -> RuleSet | None:
    """The rule set as far as it can be read; None when its frame is missing.

    Findings go into the notebook. With errors in it the rule set is good for further checks only.
    """
    fields = notebook.fields(root, "a rule set", _NEEDED, _OPTIONAL)
    if fields is None or any(key not in fields.nodes for key in _NEEDED):
        return None
    rule_set = _RuleSetReader(notebook, fields, vocabulary).read()
    return replace(rule_set, sha256=sha256(text.encode()).hexdigest()) if rule_set else None


class _RuleSetReader:
    def __init__(self, notebook: Notebook, fields: Fields, vocabulary: Vocabulary) -> None:
        self._notebook = notebook
        self._fields = fields
        self._vocabulary = vocabulary
        self._known = tuple(dict.fromkeys((*vocabulary.responses, ASK_MORE)))

    def read(self) -> RuleSet | None:
        fields = self._fields
        scope = cast("Scope", fields.one_of("scope", get_args(Scope)))
        responses = fields.known_names("responses", self._known)
        levels = self._levels(timed=scope == "complete")
        sources = self._sources()
        default = self._default(responses)
        level_ids = [level.id for level in levels]
        default_level = fields.one_of("default_level", level_ids)
        keys = [source.key for source in sources]
        around = Surroundings(self._vocabulary, responses, level_ids, keys)
        rules = RulesReader(self._notebook, around).read(fields.nodes["rules"])
        prompts, examples = self._prompts(), self._examples()
        if default is None or not default_level:
            return None
        return RuleSet(
            name=self._name(),
            version=fields.text("version"),
            title=fields.text("title"),
            about=fields.text("about"),
            scope=scope,
            protocol=fields.text("protocol"),
            vocabulary=self._vocabulary,
            vocabulary_version=self._vocabulary_version(),
            sources=sources,
            responses=responses,
            default=default,
            levels=levels,
            default_level=default_level,
            rules=rules,
            ask=self._ask(responses),
            thresholds=self._thresholds(responses),
            fallbacks=self._fallbacks(responses),
            prompts=prompts,
            floor_departures=self._departures(sources),
            examples=examples,
            places=tuple((name, key.place) for name, key in fields.keys.items()),
        )

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

    def _sources(self) -> tuple[Source, ...]:
        entries = self._entries("sources").items()
        read = [read_source(self._notebook, key, value) for key, (_, value) in entries]
        return tuple(source for source in read if source is not None)

    def _levels(self, timed: bool) -> tuple[Level, ...]:
        node = self._fields.nodes["levels"]
        items = self._notebook.items(node, "levels")
        read = [read_level(self._notebook, item, timed) for item in items]
        levels = tuple(level for level in read if level is not None)
        for what in ("id", "rank"):
            stated = [getattr(level, what) for level in levels]
            if len(set(stated)) < len(stated):
                self._notebook.error(node, f"two levels have the same {what}")
        return levels

    def _default(self, responses: tuple[str, ...]) -> Default | None:
        needed = ("response", "because")
        fields = self._notebook.fields(self._fields.nodes["default"], "default", needed)
        if fields is None:
            return None
        response = fields.one_of("response", responses)
        because = fields.plain_text("because")
        return Default(response, because) if response and because else None

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

    def _departures(self, sources: tuple[Source, ...]) -> tuple[tuple[tuple[str, str], ...], ...]:
        node = self._fields.get("floor_departures")
        departures = []
        for item in self._notebook.items(node, "floor_departures") if node else ():
            if not isinstance(item, MappingNode):
                self._notebook.error(item, "a floor departure is a mapping of texts")
                continue
            fields = Fields(self._notebook, item)
            for key in ("source", "because"):
                if key not in fields.nodes:
                    self._notebook.error(item, f"a floor departure lacks {key}")
            fields.one_of("source", [source.key for source in sources])
            departures.append(tuple((key, fields.text(key)) for key in fields.nodes))
        return tuple(departures)

    def _examples(self) -> tuple[Example, ...]:
        node = self._fields.get("examples")
        items = self._notebook.items(node, "examples", MOST_EXAMPLES) if node else ()
        read = [read_example(self._notebook, self._vocabulary, item) for item in items]
        return tuple(example for example in read if example is not None)
