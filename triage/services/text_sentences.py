"""What became of a text, as a sentence of its call's timeline."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.delivery import failure_of
from triage.domain.state_words import outcome_name, text_kind
from triage.domain.words import Sentence, begun, msgid

Details = Mapping[str, Any]


TEXTS = {
    "text.queued": msgid("%(kind)s to %(who)s is written."),
    "text.sent": msgid("%(kind)s to %(who)s: the provider has it."),
    "text.delivered": msgid("%(kind)s to %(who)s: arrived."),
    "text.undelivered": msgid("%(kind)s to %(who)s: NOT DELIVERED."),
    "text.failed": msgid("%(kind)s to %(who)s: NOT SENT after %(failures)s tries (%(reason)s)."),
    "text.expired": msgid("%(kind)s to %(who)s: too old, not sent."),
    "text.withdrawn": msgid("%(kind)s to %(who)s: not needed any more."),
    "text.unknown": msgid("%(kind)s to %(who)s: nobody knows whether it left."),
    "text.ring": msgid("%(kind)s to %(who)s: may not have arrived."),
    "text.rung": msgid("%(kind)s to %(who)s: a person has seen to it."),
    "text.conflict": msgid("%(kind)s to %(who)s: arrived, then reported as not arrived."),
    "text.second_copy": msgid("%(kind)s to %(who)s: may come twice."),
    "text.received": msgid("Text from %(who)s: %(outcome)s."),
    "text.noted": msgid("Text from %(who)s: a dispatcher has read it."),
}
_IN_WORDS: Mapping[str, Callable[[str], str]] = {
    "kind": lambda kind: begun(text_kind(kind)),
    "reason": lambda reason: failure_of(reason).words,
    "outcome": outcome_name,
}
"""Of the codes in an event's details."""


def of_text(event: str, who: str, details: Details) -> str | None:
    """What became of a text; None for what is not about texts."""
    if (sentence := TEXTS.get(event)) is None:
        return None
    said = {name: _IN_WORDS.get(name, str)(it) for name, it in details.items() if it is not None}
    return Sentence(sentence, {**said, "who": who})
