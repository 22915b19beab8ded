"""The telephone network as the service sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from triage.domain.delivery import Whose


@dataclass(frozen=True)
class OutboundSms:
    """One text, ready to hand to a provider."""

    id: str
    """Our own key of this handing over; the provider's reports carry it back."""
    to: str
    """E.164."""
    body: str
    validity_s: int
    """The provider drops the text if it could not deliver it within this time."""


@dataclass(frozen=True)
class OutboundCall(OutboundSms):
    """The same, rung and said: body is what is said before one digit is asked for."""


@dataclass(frozen=True)
class Sent:
    """The provider has taken it."""

    provider_id: str


@dataclass(frozen=True)
class Refused:
    """It has certainly not been taken."""

    reason: str
    """The provider's code or the kind of failure; no number, no text."""
    whose: Whose
    """What the refusal is about: this number, or the provider as a whole."""
    wait_s: float | None = None
    """For so long the provider asks to be left alone."""


@dataclass(frozen=True)
class Unknown:
    """The line broke or the provider failed after the text was handed over."""

    reason: str


Outcome = Sent | Refused | Unknown


class PhoneNetwork(Protocol):
    def send(self, sms: OutboundSms) -> Outcome: ...

    def call(self, call: OutboundCall) -> Outcome:
        """Ring, say it, and let `/voice` take the digit. Sent means that it rings."""
        ...

    def is_genuine(self, url: str, form: Mapping[str, str], signature: str | None) -> bool:
        """Did the network itself make this web request?"""
        ...


def hand_over(network: PhoneNetwork, out: OutboundSms) -> Outcome:
    """By the channel that it is meant for."""
    return network.call(out) if isinstance(out, OutboundCall) else network.send(out)
