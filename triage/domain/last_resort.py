"""What takes the place of a rule set that cannot be read: one route, one level, no rule.

A call is never turned away because of its rules. It is taken, counted as not scored, and whoever
is most likely to be right is asked to come until a person decides.
"""

from triage.domain.facts import Vocabulary
from triage.domain.ruleset import Default, Level, RuleSet

ROUTE = "co_responder"
"""A clinician, and an officer for what nobody could rule out."""
HIGHEST = Level("highest", 1, "HIGHEST", within_min=10, answer_within_min=1)


def stand_in(vocabulary: Vocabulary, name: str, version: str, sha256: str) -> RuleSet:
    """Carries the name and sha256 of the set that cannot be read: a call says what should have
    decided it."""
    paged = [key for key, one in vocabulary.responses.items() if one.reached_by == "page"]
    route = next(iter(sorted(paged, key=lambda key: key != ROUTE)), ROUTE)
    return RuleSet(
        name=name,
        version=version,
        title=name,
        about="",
        scope="complete",
        protocol="",
        vocabulary=vocabulary,
        vocabulary_version=vocabulary.version,
        sources=(),
        responses=(route,),
        default=Default(route, "The rules could not be read."),
        levels=(HIGHEST,),
        default_level=HIGHEST.id,
        rules=(),
        sha256=sha256,
    )
