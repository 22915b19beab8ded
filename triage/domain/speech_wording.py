"""What the team reads of a caller who cannot speak freely, and that dangers are known."""

from triage.domain.texts import Text, sms

QUIET = sms("Caller cannot speak freely: do not ring back.")

DANGERS = sms("Dangers told: open the page or ring dispatch.")


def cannot_speak(code: str) -> Text:
    return sms("%(code)s: Caller cannot speak freely: do not ring back.", code=code)
