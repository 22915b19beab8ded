"""What may come of the things that a person does about a call beside sending somebody."""

from triage.domain.words import msgid

RING_OUTCOMES = {
    "reached": msgid("Reached"),
    "no_answer": msgid("No answer"),
    "engaged": msgid("Busy"),
    "voicemail": msgid("Voicemail reached"),
}
"""What a call-back after a lost line came to."""

PROMISE_OUTCOMES = ("rung", "not_reached", "unsafe")
"""What a promised call-back came to."""

AFTER_LAST_TRY = {
    "again": msgid("Ring another round"),
    "somebody_goes": msgid("Somebody goes there: they look for the caller"),
    "stands": msgid("Nothing points to danger: stop ringing, the call goes on as it stands"),
}
"""What a person decides when the last call-back was in vain. None of it closes the call."""

WHO_CANCELS = {
    "subject": msgid("The person in crisis"),
    "caller": msgid("The caller"),
    "third_party": msgid("Somebody else"),
    "officer": msgid("An officer on scene"),
}
YES_NO = {"yes": msgid("Yes"), "no": msgid("No")}

CANCEL_ENDS = {
    "agreed": msgid("agreed: the call is canceled"),
    "refused": msgid("refused: the call goes on as before"),
}
REFERRAL_ENDS = {
    "accepted": msgid("They took it"),
    "other": msgid("Somebody else took it"),
    "none": msgid("Nobody takes it: it ends"),
    "not_needed": msgid("Not needed any more: it ends"),
}
REFERRAL_STATES = REFERRAL_ENDS | {
    "waits": msgid("Waits for an answer"),
    "refused": msgid("Refused: somebody else is to be found"),
}
REST_SAID = {
    "needed": msgid("still needed"),
    "not_needed": msgid("not needed any more: they are called off"),
    "over": msgid("over, nobody else is to come"),
}
NEIGHBOUR_ENDS = {
    "accepted": msgid("took the call"),
    "refused": msgid("refused: the call is ours again"),
}
