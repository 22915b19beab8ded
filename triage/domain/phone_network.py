"""The telephone network as the service sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class OutboundSms:
    """One text, ready to hand to a provider."""

    id: str
    """Our own key; the provider's reports carry it back."""
    to: str
    """E.164."""
    body: str
    validity_s: int
    """The provider drops the text if it could not deliver it within this time."""


@dataclass(frozen=True)
class Sent:
    provider_id: str


@dataclass(frozen=True)
class NotSent:
    reason: str
    """The provider's code or the kind of failure; no number, no text."""
    worth_retrying: bool


class PhoneNetwork(Protocol):
    def send(self, sms: OutboundSms) -> Sent | NotSent: ...

    def is_genuine(self, url: str, form: Mapping[str, str], signature: str | None) -> bool:
        """Did the network itself make this web request?"""
        ...
