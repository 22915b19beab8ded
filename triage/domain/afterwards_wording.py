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


def partner_notice(reference: str, kind: str, centre: str, call_back_line: Spoken) -> Text:
    """To an organisation: that a referral waits and how to ask for it, not what it is about."""
    said: dict[str, str] = {"centre": gsm7(centre), "reference": reference, "how": call_back_line}
    if kind == "referral":
        return sms("%(centre)s: a referral waits for you, reference %(reference)s. %(how)s", **said)
    return sms(
        "%(centre)s: a referral waits for you, %(kind)s, reference %(reference)s. %(how)s",
        kind=_kind(kind),
        **said,
    )
