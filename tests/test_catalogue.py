"""Every sentence of the catalogue is said in Spanish, with the same things put into it.

So is every sentence of the shipped rule sets, but for those named in ENGLISH_YET.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from triage.adapters.rule_files import RuleFiles
from triage.catalogue import catalogue
from triage.domain.ruleset import RuleSet
from triage.entrypoints.web.script_words import SENTENCES

ROOT = Path(__file__).parent.parent / "triage"
RULES = ROOT.parent / "rules"
ENGLISH_YET: set[str] = set()
"""The shipped rule sets of which some sentences have no Spanish: these are read as written."""
_NAMED = re.compile(r"%\((\w+)\)[sd]|</?\w+>")
_AS_RENDERED = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
_TEMPLATES = ("templates/**.html", "paper/**.html")
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "msgid": None, "sms": None}

Sentence = tuple[str, ...]


@cache
def said() -> frozenset[Sentence]:
    """What templates and code give to the catalogue: a sentence, or its singular and plural."""
    found = extract_from_dir(
        ROOT,
        [("**.py", "python"), *((each, "jinja2") for each in _TEMPLATES)],
        dict.fromkeys(_TEMPLATES, _AS_RENDERED),
        _KEYWORDS,
    )
    texts = (one[2] for one in found)
    return frozenset((one,) if isinstance(one, str) else tuple(one) for one in texts)


@cache
def ruled() -> dict[str, frozenset[str]]:
    """What each shipped rule set says to people, by its name."""
    read = RuleFiles()
    vocabulary = read.read_vocabulary((RULES / "vocabulary.yaml").read_text())
    texts = [one.read_text() for one in RULES.glob("*.yaml") if one.stem != "vocabulary"]
    sets = [read.read_published(text, vocabulary) for text in texts]
    return {one.name: frozenset(filter(None, shown_of(one))) for one in sets}


def shown_of(rules: RuleSet) -> Iterator[str]:
    yield from (rules.title, rules.about, rules.default.because)
    yield from (level.label for level in rules.levels)
    yield from (source.title for source in rules.sources)
    for departure in rules.floor_departures:
        yield dict(departure)["because"]
    for rule in rules.rules:
        yield rule.because
        yield from (one.what for one in rule.plan.follow_ups)


@cache
def spanish() -> Catalog:
    with (ROOT / "translations/es/LC_MESSAGES/messages.po").open("rb") as text:
        return read_po(text, locale="es")


def translated(sentence: Sentence) -> Sentence:
    message = spanish().get(sentence[0])
    if message is None or message.fuzzy:
        return ()
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def named(text: str) -> list[str]:
    return sorted(match[0] for match in _NAMED.finditer(text))


def test_every_sentence_is_said_in_spanish() -> None:
    missing = [one for one in said() if not all(translated(one)) or not translated(one)]

    assert said(), "nothing was found to translate"
    assert not missing


def test_what_is_put_into_a_sentence_is_put_into_its_translation() -> None:
    assert not [one for one in said() if named(one[-1]) != named(translated(one)[-1])]


def test_rule_sets_are_said_in_spanish_throughout_or_are_known_not_to_be() -> None:
    missing = {
        name: found
        for name, sentences in ruled().items()
        if (found := [one for one in sentences if not all(translated((one,)) or ("",))])
    }

    assert "county-default" in ruled()
    assert not {name: found for name, found in missing.items() if name not in ENGLISH_YET}
    assert missing.keys() == ENGLISH_YET


def test_the_catalogue_keeps_nothing_that_nobody_says() -> None:
    first = {sentence[0] for sentence in said()}.union(*ruled().values())

    assert not [str(one.id) for one in spanish() if one.id and _first(one.id) not in first]


def test_what_the_scripts_say_is_given_to_them() -> None:
    scripts = (ROOT.parent / "assets/src").glob("*.js")
    spoken = re.findall(r'\bsaid\("([^"]+)"', "".join(one.read_text() for one in scripts))

    assert set(spoken) == set(map(str, SENTENCES))


def test_the_catalogue_is_read_as_it_would_be_compiled() -> None:
    compiled = BytesIO()
    write_mo(compiled, spanish())
    compiled.seek(0)
    known, read = Translations(compiled), catalogue("es")

    for one in said():
        assert read.gettext(one[0]) == known.gettext(one[0])
        for count in (0, 1, 2):
            assert read.ngettext(one[0], one[-1], count) == known.ngettext(one[0], one[-1], count)


def test_sentences_can_stand_in_attributes() -> None:
    """The catalogue is trusted as templates are: nothing of it is escaped."""
    texts = [text for sentence in said() for text in (*sentence, *translated(sentence))]

    assert not [text for text in texts if '"' in re.sub(_NAMED, "", text)]
    assert not [text for text in texts if re.search("[<>&]", re.sub(_NAMED, "", text))]


def _first(given: str | tuple[str, ...] | list[str]) -> str:
    return given if isinstance(given, str) else given[0]
