"""Texts and calls through Twilio: a page that rings and takes one digit."""

from triage.adapters.twilio_sms import ASK_AGAIN, TwilioSms, since_about
from triage.domain.delivery import Whose
from triage.domain.phone_network import OutboundCall, OutboundSms, Outcome, Refused

RINGS_FOR_S = 25
"""Five rings or so: a voice mailbox that comes later is not rung."""
_NEWS = ["initiated", "ringing", "answered", "completed"]
_DID_NOT_RING = {"failed", "canceled"}


class TwilioPhones(TwilioSms):
    """PhoneNetwork through Twilio's Messages and Calls resources.

    voice_url -- where what is said, the digit and the news of calls are asked for and told;
    voice_sender -- the number that rings: a Messaging Service has none that could.
    """

    def __init__(self, *, voice_url: str, voice_sender: str | None, **texts: str | float | None):
        super().__init__(**texts)  # type: ignore[arg-type]  # as TwilioSms lists them
        self._voice_url = voice_url
        self._voice_sender = voice_sender
        self._calls = self._client.calls

    def call(self, call: OutboundCall) -> Outcome:
        """Ring. Twilio finds out whether a person or a machine answers, and then asks
        `voice_url` what to say."""
        if not self._voice_sender:
            return Refused("no_voice_sender", Whose.NUMBER)
        return self._hand_over(
            lambda: self._calls.create(
                to=call.to,
                from_=self._voice_sender,
                url=f"{self._voice_url}/page?attempt={call.id}{ASK_AGAIN}",
                machine_detection="Enable",
                timeout=RINGS_FOR_S,
                status_callback=f"{self._voice_url}/status?attempt={call.id}{ASK_AGAIN}",
                status_callback_event=_NEWS,
            )
        )

    def stop_ringing(self, provider_id: str) -> None:
        """A call that somebody has answered goes on."""
        self._calls(provider_id).update(status="canceled")

    def find(self, sms: OutboundSms, within_s: float) -> list[str] | None:
        """As for texts. Calls carry no words: any call of ours to this phone counts."""
        if not isinstance(sms, OutboundCall):
            return super().find(sms, within_s)
        since = since_about(within_s)
        try:
            newest = self._calls.list(to=sms.to, limit=20, page_size=20)
            return [
                str(call.sid)
                for call in newest
                if str(call.direction).startswith("outbound")
                and call.status not in _DID_NOT_RING
                and (call.date_created is None or call.date_created >= since)
            ]
        except Exception:
            return None
