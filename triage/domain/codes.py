"""Coded reasons: what a person picks instead of writing, so that it can be counted."""

from triage.domain.words import msgid

OVERRIDE_REASONS = {
    "caller_wishes": msgid("The person asked for something else"),
    "known_history": msgid("What we know of the person or place"),
    "scene_changed": msgid("The scene changed after the answers"),
    "danger_not_asked": msgid("A danger that the questions do not cover"),
    "less_than_it_seems": msgid("Less serious than the answers make it look"),
    "no_team_in_time": msgid("The recommended team cannot come in time"),
    "field_request": msgid("A unit on scene asked for it"),
    "supervisor": msgid("A supervisor decided"),
    "other": msgid("Another reason (say which)"),
}

OVERRIDE_SAID = OVERRIDE_REASONS | {"other": msgid("Another reason")}
"""The same once one was chosen: which other reason stands beside it."""

DISPOSITIONS = {
    "resolved_on_phone": msgid("Resolved on the telephone"),
    "resolved_on_scene": msgid("Resolved on scene, stayed in place"),
    "linked_to_care": msgid("Linked to care or services"),
    "crisis_centre": msgid("Taken to a crisis or stabilization center"),
    "hospital_voluntary": msgid("Hospital, of their own will"),
    "hospital_involuntary": msgid("Hospital, involuntary"),
    "shelter": msgid("Taken to shelter"),
    "sobering": msgid("Taken to sobering"),
    "with_family": msgid("Left with family or friends"),
    "arrest": msgid("Arrest"),
    "citation": msgid("Citation, no arrest"),
    "other_agency": msgid("Handed over to another agency"),
    "refused_help": msgid("Help was refused"),
    "not_found": msgid("Nobody found"),
    "no_response": msgid("No response: caller does not answer any more"),
    "caller_cancelled": msgid("Caller canceled"),
    "duplicate": msgid("Duplicate of another call"),
    "wrong_number": msgid("Wrong number or pocket dial"),
    "test_call": msgid("Test call"),
}
CANCELLED = "caller_cancelled"
NOBODY_NEEDED = frozenset({CANCELLED, "duplicate", "wrong_number", "test_call", "no_response"})
"""Dispositions that may close a call before anybody was sent."""

NO_CALL = frozenset({"duplicate", "wrong_number", "test_call"})
"""Dispositions of what never was a call of its own: nothing is followed up."""

DISMISSALS = {
    "done_by_hand": msgid("A person has done it by hand"),
    "not_needed": msgid("It is not needed any more"),
    "reported": msgid("It fails again; reported as a fault, the call is looked after"),
}
"""Why a step that failed, or was missed, need not be done."""

CAUSES = {
    "out_of_hours": msgid("outside its hours"),
    "none_on_shift": msgid("no team on shift"),
    "all_committed": msgid("all teams are on other calls"),
    "in_alarm": msgid("whoever is free has an alarm that is not over"),
    "declined_by_all": msgid("declined by all"),
    "no_answer": msgid("nobody answered"),
    "undeliverable": msgid("texts could not be delivered"),
    "out_of_area": msgid("outside its area"),
    "suspended": msgid("switched off by a supervisor"),
    "overridden": msgid("a person chose otherwise"),
}

DIFFERENCES = CAUSES | {
    "excluded": msgid("a rule keeps them away"),
    "not_in_time": msgid("cannot be there in time"),
    "answers_missing": msgid("the answers did not come in time"),
    "cancelled": msgid("was canceled"),
    "not_sent": msgid("nobody has sent it yet"),
    "closed": msgid("the call was closed"),
}
"""Why what was sent, eligible or recommended is not what was needed."""

NOT_NEEDED = "not_needed"
CANCEL_REASONS = {
    "caller_cancelled": msgid("Caller canceled"),
    "changed_response": msgid("Another response was chosen"),
    "duplicate": msgid("Duplicate call"),
    "unsafe": msgid("Not safe for this team"),
    NOT_NEEDED: msgid("Not needed any more"),
    "other_county": msgid("Another county has it"),
    "closed": msgid("The call was closed"),
}
BY_HAND = {
    code: words
    for code, words in CANCEL_REASONS.items()
    if code not in {"closed", "caller_cancelled", "other_county"}
}
"""Those that a dispatcher may give; the others have a way of their own, where others agree."""

FOLLOW_UP_OUTCOMES = {
    "done": msgid("Done"),
    "not_reached": msgid("Not reached"),
    "refused": msgid("Refused"),
    "rescheduled": msgid("Re-scheduled"),
}

VERDICTS = {
    1: msgid("right team"),
    2: msgid("not needed"),
    3: msgid("unsafe without police"),
    4: msgid("too late"),
}

NEXT_CONTACTS = {
    "call_back": msgid("Ring the person"),
    "outreach_visit": msgid("Visit the person again"),
    "referral": msgid("Check that the link to care was made"),
    "safety_plan": msgid("Go through the safety plan"),
}
"""What a visit may lead to: kinds of follow-ups, and what is to be done."""

PARTNERS = {
    "adult_protection": msgid("Adult protection"),
    "animal_services": msgid("Animal services"),
    "care_home": msgid("Care home"),
    "child_protection": msgid("Child protection"),
    "primary_care": msgid("Primary care"),
    "rail_operator": msgid("Rail operator"),
    "school": msgid("School"),
    "shelter": msgid("Shelter"),
    "treating_clinic": msgid("Treating clinic"),
    "victim_services": msgid("Victim services"),
}
"""Whom the vocabulary that comes with us lets rules notify."""
