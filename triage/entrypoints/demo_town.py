"""Riverbend, an invented town: its people, teams and first calls.

Its teams take far more calls at once than real ones do, so that a visitor may send two
hundred calls and none of them ends with nobody to ask. The school team takes one, as real ones
do: of two calls about bullying at school the second finds nobody free.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from triage.context import AppContext
from triage.services import api_tokens, calls, dispatches, other_numbers, people, rosters, shifts
from triage.services.calls import NewCall
from triage.services.rosters import NewMember, NewPartner, NewTeam
from triage.services.shifts import NewShift
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.teams import Responder, Shift, Team
from triage.storage.unit_of_work import UnitOfWork

ACCOUNTS = {
    "dispatcher": ("Dana Reyes", "dispatcher"),
    "clinician": ("Casey Moore", "clinician"),
    "supervisor": ("Sam Okafor", "supervisor"),
    "supervisor2": ("Robin Lindqvist", "supervisor"),
    "administrator": ("Alex Duarte", "administrator"),
}
COLLEAGUE = ("clinician2", "Jamie Ortega")
"""Stands in for the clinician: of the same team, and off duty until a shift is swapped."""
CALLS_AT_ONCE = 75
ONE_CALL_AT_A_TIME = "School Team"
DAYS_AHEAD = 14

TEAMS: Sequence[tuple[str, Sequence[str], Sequence[str], Sequence[tuple[str, str]]]] = (
    (
        "CIT 1",
        ("co_responder",),
        ("Downtown", "Riverside"),
        (("clinician", "Casey Moore"), ("officer", "Jordan Pike")),
    ),
    (
        "CIT 2",
        ("co_responder",),
        ("Northgate", "Hilltop"),
        (("clinician", "Priya Nair"), ("officer", "Lee Hartmann")),
    ),
    (
        "CIT 3",
        ("co_responder",),
        ("Harbor",),
        (("clinician", "Mateo Vidal"), ("officer", "Grace Amadi")),
    ),
    ("Mobile 1", ("mobile_crisis", "community_responder"), (), (("clinician", "Noor Haddad"),)),
    ("Mobile 2", ("mobile_crisis",), ("Downtown",), (("clinician", "Tom Becker"),)),
    ("Mobile 3", ("mobile_crisis",), ("Northgate",), (("clinician", "Ines Costa"),)),
    ("Youth 1", ("youth_mobile_crisis",), (), (("clinician", "Maya Stein"),)),
    ("Youth 2", ("youth_mobile_crisis",), (), (("clinician", "Omar Aziz"),)),
    ("Youth 3", ("youth_mobile_crisis",), (), (("clinician", "Ruth Kim"),)),
    ("Community 1", ("community_responder",), (), (("responder", "Eli Novak"),)),
    ("Community 2", ("community_responder",), (), (("responder", "Ada Flores"),)),
    ("Community 3", ("community_responder",), (), (("responder", "Ben Osei"),)),
    ("Family Services 1", ("social_services",), (), (("case_worker", "Helen Marsh"),)),
    ("Family Services 2", ("social_services",), (), (("case_worker", "Victor Lang"),)),
    ("Family Services 3", ("social_services",), (), (("case_worker", "Sofia Brandt"),)),
    ("Outreach 1", ("homeless_outreach",), (), (("outreach_worker", "Kofi Mensah"),)),
    ("Outreach 2", ("homeless_outreach",), (), (("outreach_worker", "June Park"),)),
    ("Outreach 3", ("homeless_outreach",), (), (("outreach_worker", "Leo Marin"),)),
    ("School Team", ("school_team",), (), (("counsellor", "Amy Fields"),)),
    ("Mediators", ("mediation",), (), (("mediator", "Paul Weiss"),)),
    ("Sobering Unit", ("sobering",), (), (("sobering_worker", "Nina Rossi"),)),
    ("Supervisors", (rosters.SUPERVISION,), (), (("supervisor", "Sam Okafor"),)),
)
PARTNERS = (
    ("Riverbend Children's Services", "child_protection"),
    ("Riverbend Adult Services", "adult_protection"),
    ("Riverbend Family Services", "social_services"),
    ("Riverbend Crisis Line", "crisis_line"),
    ("Riverbend School Counselors", "school"),
)


def settle(context: AppContext, kept: dict[str, Any]) -> None:
    """Make the town if this database has none, and see that everybody is on shift."""
    with context.unit_of_work("operator") as uow:
        new_town = uow.session.scalar(select(func.count()).select_from(Team)) == 0
        if new_town:
            _people(uow, context, kept)
            _teams(uow, context)
            _colleague(uow, context, kept["passwords"].get(COLLEAGUE[0]))
            scopes = ("calls:write", "calls:read", "assess")
            kept["api_token"] = api_tokens.add(uow, "demo", scopes)
        _shifts(uow, context)
    if new_town:
        with context.unit_of_work("operator") as uow:
            _first_calls(uow, context)
    context.database.engine.dispose()


def _people(uow: UnitOfWork, context: AppContext, kept: dict[str, Any]) -> None:
    for username, (name, role) in ACCOUNTS.items():
        people.add_account(uow, context.centre, username, name, role, kept["passwords"][username])
    uow.session.flush()


def _teams(uow: UnitOfWork, context: AppContext) -> None:
    numbers = iter(range(101, 200))
    for name, responses, zones, members in TEAMS:
        team = rosters.add_team(
            uow,
            context.centre,
            NewTeam(
                name,
                responses,
                zones,
                calls_at_once=1 if name == ONE_CALL_AT_A_TIME else CALLS_AT_ONCE,
            ),
        )
        for role, person in members:
            username = "clinician" if person == ACCOUNTS["clinician"][0] else None
            rosters.add_member(
                uow,
                context.centre,
                team,
                NewMember(
                    role,
                    person,
                    f"+1202555{next(numbers):04}",
                    username=username,
                    seen_in_person=True,
                ),
            )
    for name, kind in PARTNERS:
        phone = f"+1202555{next(numbers):04}"
        rosters.add_partner(uow, context.centre, NewPartner(name, kind, phone))
    for number in other_numbers.unverified(uow, context.centre):
        other_numbers.by_hand(uow, number)


def _colleague(uow: UnitOfWork, context: AppContext, password: str | None) -> None:
    """Somebody to swap a shift with; demos whose passwords are older have nobody."""
    if password is None:
        return
    username, name = COLLEAGUE
    people.add_account(uow, context.centre, username, name, "clinician", password)
    uow.session.flush()
    team = uow.session.scalars(select(Team).where(Team.name == TEAMS[0][0])).one()
    off = NewMember("clinician", name, "+12025550195", username=username, seen_in_person=True)
    rosters.add_member(uow, context.centre, team, off)


def _shifts(uow: UnitOfWork, context: AppContext) -> None:
    """Round the clock for the days ahead, whatever days there are already."""
    uow.session.flush()
    today = uow.now.astimezone(context.centre.policy.time_zone).date()
    midnight = datetime.combine(today, time())
    for member in uow.session.scalars(select(Responder)):
        if member.name == COLLEAGUE[1]:
            continue
        ends = select(func.max(Shift.ends_at)).where(Shift.responder_id == member.id)
        covered = uow.session.scalar(ends)
        first = midnight
        if covered is not None and covered > uow.now:
            first = covered.astimezone(context.centre.policy.time_zone).replace(tzinfo=None)
        days = DAYS_AHEAD - (first - midnight).days
        if days > 0:
            whole_day = NewShift(first, first + timedelta(days=1), days)
            made = shifts.add_shifts(uow, context.centre, member, whole_day)
            made[0].confirmed_at = uow.now  # nobody holds these telephones to answer


FIRST_CALLS = (
    NewCall(
        caller_name="Morgan Ellis",
        caller_phone="202-555-0198",
        location="Riverside Park, the bench by the ferry",
        narrative="A man talks to himself and cries. He let a passer-by sit with him.",
        facts={
            "problem_type": "mental_health_crisis",
            "consciousness": "alert",
            "breathing": "normal",
            "weapon": "none_seen",
            "violence_now": "none",
            "attempt_in_progress": "no",
            "caller_proximity": "nearby_can_see",
        },
    ),
    NewCall(
        caller_phone="202-555-0197",
        location="12 Mill Lane, upstairs",
        narrative="The downstairs neighbor plays music every night and they shout at each other.",
        facts={
            "problem_type": "noise_or_neighbour_dispute",
            "consciousness": "alert",
            "breathing": "normal",
            "weapon": "none_confirmed",
            "violence_now": "verbal_only",
            "attempt_in_progress": "no",
        },
    ),
)


def _first_calls(uow: UnitOfWork, context: AppContext) -> None:
    """Two calls that teams are on, so that the board is not empty."""
    if uow.session.scalar(select(func.count()).select_from(Call)) == 0:
        for new in FIRST_CALLS:
            calls.open_call(uow, context.centre, new)
        for page in uow.session.scalars(select(Page)):
            dispatches.record_answer(uow, context.centre, page, True, "radio")
