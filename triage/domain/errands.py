"""What may come of the things that a person does about a call beside sending somebody."""

RING_OUTCOMES = {
    "reached": "Reached",
    "no_answer": "No answer",
    "engaged": "Engaged",
    "voicemail": "Voicemail reached",
}
"""What a call-back after a lost line came to."""

AFTER_LAST_TRY = {
    "again": "Ring another round",
    "somebody_goes": "Somebody goes there: they look for the caller",
    "stands": "Nothing points to danger: stop ringing, the call goes on as it stands",
}
"""What a person decides when the last call-back was in vain. None of it closes the call."""

WHO_CANCELS = {
    "subject": "The person in crisis",
    "caller": "The caller",
    "third_party": "Somebody else",
    "officer": "An officer on scene",
}
YES_NO = {"yes": "Yes", "no": "No"}

CANCEL_ENDS = {
    "agreed": "agreed: the call is cancelled",
    "refused": "refused: whoever was sent still comes",
}
NEIGHBOUR_ENDS = {"accepted": "took the call", "refused": "refused: the call is ours again"}
