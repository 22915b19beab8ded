"""What is texted about what happens afterwards: follow-ups, and referrals to partners."""

from datetime import datetime

from triage.domain.texts import Text, gsm7, sms
from triage.domain.words import Spoken, msgid

_MONTHS = (
    *(msgid("Jan"), msgid("Feb"), msgid("Mar"), msgid("Apr"), msgid("May"), msgid("Jun")),
    *(msgid("Jul"), msgid("Aug"), msgid("Sep"), msgid("Oct"), msgid("Nov"), msgid("Dec")),
)
KINDS = {
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
"""Of follow-ups and notices. No text says another: who knows what stands there?"""


def follow_up_due(reference: str, what_kind: str, due: datetime) -> Text:
    """what_kind -- the follow-up's kind; due -- on the wall of the centre."""
    said = {"reference": reference, "month": _MONTHS[due.month - 1], "day": f"{due:%d}"}
    said["time"] = f"{due:%H:%M %Z}"
    if what_kind not in KINDS:
        return sms("Follow-up due: %(reference)s, %(month)s %(day)s %(time)s.", **said)
    return sms(
        "Follow-up due: %(reference)s, %(kind)s, %(month)s %(day)s %(time)s.",
        kind=KINDS[what_kind],
        **said,
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
    if kind == "referral" or kind not in KINDS:
        return sms(
            "%(centre)s: a referral waits, %(reference)s. Reply 1=accept 2=decline. %(how)s", **said
        )
    return sms(
        "%(centre)s: a referral waits, %(kind)s, %(reference)s. Reply 1=accept 2=decline. %(how)s",
        kind=KINDS[kind],
        **said,
    )


def referral_taken(reference: str, call_back_line: Spoken) -> Text:
    return sms(
        "%(reference)s is yours, thank you. %(how)s", reference=reference, how=call_back_line
    )


def referral_refused(reference: str) -> Text:
    return sms("%(reference)s declined. Dispatch finds somebody else.", reference=reference)


def referral_not_needed(reference: str) -> Text:
    return sms(
        "Referral %(reference)s is not needed any more: nothing is to be done.",
        reference=reference,
    )


def which_referral(reference: str) -> Text:
    """Where several wait for the same partner."""
    return sms(
        "Several referrals wait for you. Reply with the reference, such as %(reference)s 1",
        reference=reference,
    )
