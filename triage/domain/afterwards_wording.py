"""What is texted about what happens afterwards: follow-ups, and referrals to partners."""

from datetime import datetime

from triage.domain.texts import Text, gsm7, sms
from triage.domain.words import Sentence, Spoken, msgid

_MONTHS = (
    *(msgid("Jan"), msgid("Feb"), msgid("Mar"), msgid("Apr"), msgid("May"), msgid("Jun")),
    *(msgid("Jul"), msgid("Aug"), msgid("Sep"), msgid("Oct"), msgid("Nov"), msgid("Dec")),
)
_KINDS = {
    "advice": msgid("advice"),
    "call_back": msgid("call back"),
    "care_plan": msgid("care plan"),
    "case_work": msgid("case work"),
    "clinician_call": msgid("clinician call"),
    "confirm_contact": msgid("confirm contact"),
    "find_place": msgid("find place"),
    "outreach_visit": msgid("outreach visit"),
    "referral": msgid("referral"),
    "report": msgid("report"),
    "safety_plan": msgid("safety plan"),
    "school_check": msgid("school check"),
    "stay_on_the_line": msgid("stay on the line"),
    "stop_trains": msgid("stop trains"),
    "supervision": msgid("supervision"),
    "supervisor_told": msgid("supervisor told"),
    "welfare_check": msgid("welfare check"),
}
"""Of follow-ups and notices in shipped rule sets; others are said as they stand there."""


def _kind(kind: str) -> Spoken:
    return _KINDS.get(kind) or Sentence(kind.replace("_", " "))


def follow_up_due(reference: str, what_kind: str, due: datetime) -> Text:
    """what_kind -- the follow-up's kind, no health detail; due -- on the wall of the centre."""
    return sms(
        "Follow-up due: %(reference)s, %(kind)s, %(month)s %(day)s %(time)s.",
        reference=reference,
        kind=_kind(what_kind),
        month=_MONTHS[due.month - 1],
        day=f"{due:%d}",
        time=f"{due:%H:%M %Z}",
    )


def partner_notice(
    reference: str, kind: str, centre: str, call_back_line: Spoken, *, again: bool = False
) -> Text:
    """To an organisation: that a referral waits and how to ask for it, not what it is about."""
    said: dict[str, str] = {"centre": gsm7(centre), "reference": reference, "how": call_back_line}
    if again:
        return sms(
            "%(centre)s: referral %(reference)s still waits. Reply 1=accept 2=decline. %(how)s",
            **said,
        )
    if kind == "referral":
        return sms(
            "%(centre)s: a referral waits, %(reference)s. Reply 1=accept 2=decline. %(how)s", **said
        )
    return sms(
        "%(centre)s: a referral waits, %(kind)s, %(reference)s. Reply 1=accept 2=decline. %(how)s",
        kind=_kind(kind),
        **said,
    )


def referral_taken(reference: str, call_back_line: Spoken) -> Text:
    return sms(
        "%(reference)s is yours, thank you. %(how)s", reference=reference, how=call_back_line
    )


def referral_refused(reference: str) -> Text:
    return sms("%(reference)s declined. Dispatch finds somebody else.", reference=reference)


def which_referral(reference: str) -> Text:
    """Where several wait for the same partner."""
    return sms(
        "Several referrals wait for you. Reply with the reference, such as %(reference)s 1",
        reference=reference,
    )
