"""What became of a text, as a sentence of its call's timeline."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.delivery import failure_of
from triage.domain.state_words import outcome_name, text_kind
from triage.domain.words import begun, msgid

Details = Mapping[str, Any]


def _kind(details: Details) -> str:
    return begun(text_kind(details["kind"]))


def _failure(reason: str) -> str:
    return failure_of(reason).words


_TEXTS: dict[str, Callable[[str, Details], str]] = {
    "text.queued": lambda to, d: msgid("%(kind)s to %(to)s is written.", kind=_kind(d), to=to),
    "text.sent": lambda to, d: msgid(
        "%(kind)s to %(to)s: the provider has it.", kind=_kind(d), to=to
    ),
    "text.delivered": lambda to, d: msgid("%(kind)s to %(to)s: arrived.", kind=_kind(d), to=to),
    "text.undelivered": lambda to, d: msgid(
        "%(kind)s to %(to)s: NOT DELIVERED.", kind=_kind(d), to=to
    ),
    "text.failed": lambda to, d: msgid(
        "%(kind)s to %(to)s: NOT SENT after %(failures)s tries (%(reason)s).",
        kind=_kind(d),
        to=to,
        failures=d["failures"],
        reason=_failure(d["reason"]),
    ),
    "text.expired": lambda to, d: msgid(
        "%(kind)s to %(to)s: too old, not sent.", kind=_kind(d), to=to
    ),
    "text.withdrawn": lambda to, d: msgid(
        "%(kind)s to %(to)s: not needed any more.", kind=_kind(d), to=to
    ),
    "text.unknown": lambda to, d: msgid(
        "%(kind)s to %(to)s: nobody knows whether it left.", kind=_kind(d), to=to
    ),
    "text.ring": lambda to, d: msgid(
        "%(kind)s to %(to)s: may not have arrived, RING THEM.", kind=_kind(d), to=to
    ),
    "text.rung": lambda to, d: msgid(
        "%(kind)s to %(to)s: a person has seen to it.", kind=_kind(d), to=to
    ),
    "text.conflict": lambda to, d: msgid(
        "%(kind)s to %(to)s: arrived, then reported as not arrived.", kind=_kind(d), to=to
    ),
    "text.second_copy": lambda to, d: msgid(
        "%(kind)s to %(to)s: may come twice.", kind=_kind(d), to=to
    ),
    "text.received": lambda who, d: msgid(
        "Text from %(who)s: %(outcome)s.", who=who, outcome=outcome_name(d["outcome"])
    ),
}


def of_text(event: str, who: str, details: Details) -> str | None:
    """What became of a text; None for what is not about texts."""
    write = _TEXTS.get(event)
    return write(who, details) if write else None
