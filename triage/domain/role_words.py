"""What members of teams, and people at the desk, are called."""

from collections.abc import Iterable

from triage.domain.words import Sentence, Spoken, listed, msgid

_ROLES = {
    "case_worker": msgid("case worker"),
    "clinician": msgid("clinician"),
    "counsellor": msgid("counselor"),
    "desk": msgid("desk"),
    "dispatcher": msgid("dispatcher"),
    "driver": msgid("driver"),
    "mediator": msgid("mediator"),
    "officer": msgid("officer"),
    "outreach_worker": msgid("outreach worker"),
    "partner": msgid("partner"),
    "responder": msgid("responder"),
    "sobering_worker": msgid("sobering worker"),
    "line": msgid("telephone line"),
    "supervisor": msgid("supervisor"),
    "unit": msgid("unit"),
    "administrator": msgid("administrator"),
}


def role_name(role: str) -> Spoken:
    """In small letters; a role of the centre's own as it is written there."""
    return _ROLES.get(role) or Sentence(role.replace("_", " "))


def roles_named(roles: Iterable[str]) -> Spoken:
    """ "officer, clinician"."""
    return listed(", ", [role_name(role) for role in roles])


def person_name(name: str, team: str, role: str) -> Spoken:
    """ "Dr. Lee (clinician) of CIT 1": on pages of the desk alone."""
    return msgid("%(name)s (%(role)s) of %(team)s", name=name, role=role_name(role), team=team)


def member_name(team: str, role: str) -> Spoken:
    """ "CIT 1 (clinician)"; a unit of CAD as it is called."""
    if role == "unit":
        return listed("", [team])
    return msgid("%(team)s (%(role)s)", team=team, role=role_name(role))
