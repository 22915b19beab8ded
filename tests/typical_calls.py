"""Answers of calls that many tests begin with."""

CALM = {
    "problem_type": "mental_health_crisis",
    "consciousness": "alert",
    "breathing": "normal",
    "weapon": "none_confirmed",
    "violence_now": "none",
    "attempt_in_progress": "no",
    "caller_proximity": "with_person",
}
"""Nobody is in danger."""
UNARMED = CALM | {"suicidal_ideation": "none", "location_type": "public_indoor"}
"""The same, so far known that county-default decides it."""
