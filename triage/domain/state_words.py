"""What states of calls, dispatches, slots, pages, texts and follow-ups are called; roles; units."""

from triage.domain.words import msgid

_STATES = {
    "accepted": msgid("Accepted"),
    "asking": msgid("Asking"),
    "attempting": msgid("Being sent"),
    "cancelled": msgid("Canceled"),
    "cleared": msgid("Cleared"),
    "closed": msgid("Closed"),
    "declined": msgid("Declined"),
    "delivered": msgid("Delivered"),
    "done": msgid("Done"),
    "en_route": msgid("On the way"),
    "expired": msgid("Expired"),
    "failed": msgid("Failed"),
    "half_formed": msgid("Half a team"),
    "hand_over": msgid("Hand over now"),
    "handed_over": msgid("Handed over"),
    "not_reached": msgid("Not reached"),
    "on_scene": msgid("On scene"),
    "open": msgid("Open"),
    "paged": msgid("Being asked"),
    "passed_over": msgid("Passed over"),
    "ready": msgid("Ready"),
    "refused": msgid("Refused"),
    "replaced": msgid("Replaced"),
    "replayed": msgid("Replayed"),
    "seeking": msgid("Looking for a team"),
    "sent": msgid("Sent"),
    "staged": msgid("Waiting near"),
    "transporting": msgid("Transporting"),
    "undeliverable": msgid("Undeliverable"),
    "undelivered": msgid("Undelivered"),
    "unfilled": msgid("Nobody coming"),
    "unknown": msgid("Unknown"),
    "withdrawn": msgid("Withdrawn"),
}
_IN_A_SENTENCE = {
    "accepted": msgid("accepted"),
    "cancelled": msgid("canceled"),
    "cleared": msgid("cleared"),
    "en_route": msgid("on the way"),
    "on_scene": msgid("on scene"),
    "paged": msgid("paged"),
    "seeking": msgid("seeking"),
    "staged": msgid("waits near"),
    "transporting": msgid("transporting"),
    "unfilled": msgid("unfilled"),
}
_OF_A_PAGE = {
    "accepted": msgid("accepted"),
    "declined": msgid("declined"),
    "open": msgid("open"),
    "passed_over": msgid("passed over"),
    "undeliverable": msgid("undeliverable"),
    # Of a page nothing is unsafe: "withdrawn" is said only of somebody who had to leave.
    "withdrawn": msgid("not needed any more"),
}
_UNITS = {
    "answers": msgid("answers"),
    "hours": msgid("hours"),
    "contacts": msgid("contacts"),
    "minutes": msgid("minutes"),
}

_STEPS = {
    "page_answer": msgid("Ask the next team where one did not answer"),
    "nobody_left": msgid("Assess the call again: nobody is left to ask"),
    "hand_over": msgid("Turn a hand-over red that nobody confirmed"),
    "ask_deadline": msgid("Decide without the answers that did not come"),
    "follow_up": msgid("Remind of a follow-up"),
    "referral_remind": msgid("Remind a partner of a referral"),
    "errand": msgid("Turn red what a person has not done in time"),
    "escalate": msgid("Alarm supervisors and all hands: nobody is left to ask"),
    "charge_remind": msgid("Remind a supervisor who has taken charge"),
    "charge_end": msgid("Alarm others again where a supervisor has found nobody"),
    "look_after": msgid("Look after an open dispatch"),
    "transfer": msgid("Take a call back that a telephone line does not answer"),
    "relief": msgid("Look again for somebody who relieves a team"),
    "ring_alarm": msgid("Ring for an alarm that nobody has taken"),
    "look_at_holder": msgid("Ring again for an alarm whose holder is not seen"),
    "check_in": msgid("Ask a team in the field whether all is well"),
    "figures": msgid("Count the days that are over"),
    "check_in_late": msgid("Raise the alarm where a team does not say that all is well"),
}

_TEXT_KINDS = {
    "page": msgid("page"),
    "reply": msgid("reply"),
    "notice": msgid("notice"),
    "update": msgid("update"),
    "danger": msgid("warning of danger"),
    "test": msgid("test"),
    "stand_down": msgid("stand down"),
    "shift": msgid("shift"),
    "reminder": msgid("reminder"),
    "ring": msgid("ring"),
    "assigned": msgid("assigned"),
    "alarm": msgid("alarm"),
    "check_in": msgid("check in"),
    "escalation": msgid("escalation"),
    "address": msgid("address"),
    "bundle": msgid("several pages"),
    "charge": msgid("charge of a call"),
    "desk_trial": msgid("trial of the desk's telephone"),
    "nobody_left": msgid("nobody is left"),
    "trial": msgid("trial"),
    "verification": msgid("verification"),
}
_THROUGH = {
    "sms": msgid("sms"),
    "radio": msgid("radio"),
    "telephone": msgid("telephone"),
    "voice": msgid("voice"),
    "link": msgid("link"),
    "page": msgid("web page"),
    "screen": msgid("screen"),
    "text": msgid("text"),
}
_ORIGINS = {
    "form": msgid("form"),
    "api": msgid("api"),
    "paper": msgid("paper"),
    "officer": msgid("an officer asks"),
    "hospital": msgid("a hospital asks"),
    "on_view": msgid("a clinician came upon it"),
    "split": msgid("split off from another call"),
    "replay": msgid("replayed from past calls"),
    "rehearsal": msgid("rehearsal"),
}
_OUTCOMES = {
    "accepted": msgid("accepted"),
    "address": msgid("asks for the place"),
    "all_is_well": msgid("all is well"),
    "call_closed": msgid("the call is closed"),
    "carrier_word": msgid("a word that carriers keep"),
    "cleared": msgid("cleared"),
    "declined": msgid("declined"),
    "en_route": msgid("on the way"),
    "eta": msgid("when they arrive"),
    "help_raised": msgid("needs help"),
    "help_unplaced": msgid("needs help, on no call that we know"),
    "no_question": msgid("nothing was asked"),
    "not_done": msgid("not done, for a fault of ours"),
    "not_verified": msgid("number not verified"),
    "on_scene": msgid("on scene"),
    "opted_in": msgid("wants texts again"),
    "opted_out": msgid("wants no more texts"),
    "phone_lost": msgid("the phone is lost"),
    "ready": msgid("ready"),
    "refused": msgid("not possible"),
    "relief_asked": msgid("asks for a relief"),
    "staged": msgid("waits near"),
    "stays": msgid("is there already"),
    "too_late": msgid("too late"),
    "transporting": msgid("transporting"),
    "unknown_code": msgid("unknown code"),
    "unread": msgid("nothing was done, read it"),
    "verdict": msgid("verdict"),
    "verified": msgid("number verified"),
    "which_code": msgid("for which call?"),
    "withdrawn": msgid("had to leave"),
    "yes": msgid("yes"),
    "done": msgid("done"),
    "not_understood": msgid("not understood"),
    "noted": msgid("noted"),
    "unknown_number": msgid("unknown number"),
}

_CONSENTS = {
    "asked": msgid("Consent asked."),
    "given": msgid("Consent given."),
    "not_asked": msgid("Consent not asked."),
    "not_needed": msgid("Consent not needed."),
    "refused": msgid("Consent refused."),
}
_FOLLOW_UPS = {
    "call_back": msgid("call back"),
    "care_plan": msgid("care plan"),
    "clinician_call": msgid("clinician call"),
    "outreach_visit": msgid("outreach visit"),
    "safety_plan": msgid("safety plan"),
    "school_check": msgid("school check"),
}


def state_name(state: str) -> str:
    return _STATES.get(str(state)) or _plain(state).capitalize()


def small_state_name(state: str) -> str:
    return _IN_A_SENTENCE.get(str(state)) or _plain(state)


def page_state_name(state: str) -> str:
    return _OF_A_PAGE.get(str(state)) or _plain(state)


def text_kind(kind: str) -> str:
    """What a text is, in small letters."""
    return _TEXT_KINDS.get(kind) or _plain(kind)


def through_name(way: str) -> str:
    """By which way somebody said it."""
    return _THROUGH.get(way) or way


def origin_name(origin: str) -> str:
    return _ORIGINS.get(origin) or origin


def outcome_name(outcome: str) -> str:
    """What came of a text that came in."""
    return _OUTCOMES.get(outcome) or _plain(outcome)


def consent_name(consent: str) -> str:
    return _CONSENTS.get(consent) or f"Consent {_plain(consent)}."


def follow_up_name(kind: str) -> str:
    """In small letters."""
    return _FOLLOW_UPS.get(kind) or _plain(kind)


def step_name(kind: str) -> str:
    """Of what the service does by itself when its time has come."""
    return _STEPS.get(kind) or _plain(kind).capitalize()


def unit_name(unit: str) -> str:
    """Of a number that somebody answers."""
    return _UNITS.get(unit, unit)


def _plain(code: str) -> str:
    return str(code).replace("_", " ")


def level_name(label: str) -> str:
    """A level as its rules call it; where that is a usual word, in the reader's language."""
    return msgid(label)
