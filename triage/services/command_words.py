"""What is typed at the command bar for a reason, an ending or a role, in each language."""

from collections.abc import Mapping
from functools import cache

from triage.catalogue import say
from triage.domain import desk_commands as language
from triage.domain.role_words import role_name
from triage.domain.words import LANGUAGES, Words


@cache
def reasons() -> Mapping[str, Words]:
    return _in_each(language.REASONS)


@cache
def endings() -> Mapping[str, Words]:
    return _in_each(language.ENDINGS)


def of_role(role: str) -> list[str]:
    return [role, *(say(role_name(role), each) for each in LANGUAGES)]


def _in_each(coded: Mapping[str, str]) -> Mapping[str, Words]:
    return {
        code: Words.of({each: say(words, each) for each in LANGUAGES})
        for code, words in coded.items()
    }
