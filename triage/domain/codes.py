"""Coded reasons: what a person picks instead of writing, so that it can be counted."""

OVERRIDE_REASONS = {
    "caller_wishes": "The person asked for something else",
    "known_history": "What we know of the person or place",
    "scene_changed": "The scene changed after the answers",
    "danger_not_asked": "A danger that the questions do not cover",
    "less_than_it_seems": "Less serious than the answers make it look",
    "no_team_in_time": "The recommended team cannot come in time",
    "field_request": "A unit on scene asked for it",
    "supervisor": "A supervisor decided",
    "other": "Another reason (say which)",
}

DISPOSITIONS = {
    "resolved_on_phone": "Resolved on the telephone",
    "resolved_on_scene": "Resolved on scene, stayed in place",
    "linked_to_care": "Linked to care or services",
    "crisis_centre": "Taken to a crisis or stabilisation centre",
    "hospital_voluntary": "Hospital, of their own will",
    "hospital_involuntary": "Hospital, involuntary",
    "shelter": "Taken to shelter",
    "sobering": "Taken to sobering",
    "with_family": "Left with family or friends",
    "arrest": "Arrest",
    "citation": "Citation, no arrest",
    "other_agency": "Handed over to another agency",
    "refused_help": "Help was refused",
    "not_found": "Nobody found",
    "no_response": "No response: caller does not answer any more",
    "caller_cancelled": "Caller cancelled",
    "duplicate": "Duplicate of another call",
    "wrong_number": "Wrong number or pocket dial",
    "test_call": "Test call",
}
CANCELLED = "caller_cancelled"
NOBODY_NEEDED = frozenset({CANCELLED, "duplicate", "wrong_number", "test_call", "no_response"})
"""Dispositions that may close a call before anybody was sent."""

NO_CALL = frozenset({"duplicate", "wrong_number", "test_call"})
"""Dispositions of what never was a call of its own: nothing is followed up."""

DISMISSALS = {
    "done_by_hand": "A person has done it by hand",
    "not_needed": "It is not needed any more",
    "reported": "It fails again; reported as a fault, the call is looked after",
}
"""Why a step that failed, or was missed, need not be done."""

CAUSES = {
    "out_of_hours": "outside its hours",
    "none_on_shift": "no team on shift",
    "all_committed": "all teams are on other calls",
    "declined_by_all": "declined by all",
    "no_answer": "nobody answered",
    "undeliverable": "texts could not be delivered",
    "out_of_area": "outside its area",
    "suspended": "switched off by a supervisor",
    "overridden": "a person chose otherwise",
}

DIFFERENCES = CAUSES | {
    "excluded": "a rule keeps them away",
    "not_in_time": "cannot be there in time",
    "answers_missing": "the answers did not come in time",
    "cancelled": "was cancelled",
    "not_sent": "nobody has sent it yet",
    "closed": "the call was closed",
}
"""Why what was sent, eligible or recommended is not what was needed."""

NOT_NEEDED = "not_needed"
CANCEL_REASONS = {
    "caller_cancelled": "Caller cancelled",
    "changed_response": "Another response was chosen",
    "duplicate": "Duplicate call",
    "unsafe": "Not safe for this team",
    NOT_NEEDED: "Not needed any more",
    "other_county": "Another county has it",
    "closed": "The call was closed",
}

FOLLOW_UP_OUTCOMES = {
    "done": "Done",
    "not_reached": "Not reached",
    "refused": "Refused",
    "rescheduled": "Re-scheduled",
}

VERDICTS = {1: "right team", 2: "not needed", 3: "unsafe without police", 4: "too late"}
