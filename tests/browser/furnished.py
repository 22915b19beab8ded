"""A world in which every page of the service has something to show.

What people have typed is either usual, or everything that a page could take for more than text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from tests.stories.test_call_page import act
from tests.stories.test_calls import add, close
from tests.stories.test_other_numbers import forget
from tests.stories.test_rules_page import opened, send, with_another_threshold
from tests.typical_calls import CALM
from tests.world import Phone, World
from triage.adapters.simulator_sms import SimulatorSms
from triage.domain.people_of_call import People, Subject, ThirdParty
from triage.domain.phone_network import OutboundSms
from triage.entrypoints.watcher import Watcher
from triage.services import communication_tests, figures, hazard_notes, rosters, switches, visits
from triage.storage.calls import Call
from triage.storage.follow_ups import FollowUp
from triage.storage.messages import Message
from triage.storage.people import Account
from triage.storage.reach_tests import ReachRun
from triage.storage.teams import Responder, Team

RULES = "county-default"
LOUD = CALM | {"weapon": "in_hand", "violence_now": "physical"}
ROLES = ("dispatcher", "clinician", "supervisor", "administrator")


@dataclass(frozen=True)
class Typed:
    """What people have typed: names that are said on the radio are short and printable."""

    name: str
    text: str

    def called(self, what: str) -> str:
        return f"{what} {self.name}"[:40].strip()

    def said(self, what: str) -> str:
        return f"{what} {self.text}".strip()


USUAL = Typed("", "")
HOSTILE = Typed(
    "<b hx-get=/x>{{7*7}}</b>WWWWWWWW",
    '<img src=x onerror="window.ran=1"><b hx-get="/sign-out" hx-trigger="load">{{7*7}}</b>'
    "<script>window.ran=1</script>${7*7}{% endblock %}'\"</textarea></title>"
    "\u202eturned round\u200b\u2060\u00ad " + "W" * 120,
)


@dataclass(frozen=True)
class Furnished:
    """Where each page is found that is about something."""

    typed: Typed
    paths: Mapping[str, tuple[str, ...]]
    """By endpoint; "{draft}" stands for a person's own."""
    drafts: Mapping[str, str]
    """The key of each one's unfinished call, by role."""
    refused: frozenset[tuple[str, str]]
    """Role and path, where nobody of this role may look though they may at others."""
    link: str
    """Opens the call on a telephone, once."""


def furnish(world: World, typed: Typed, folder: Path) -> Furnished:
    world.context = replace(world.context, phone=SimulatorSms(folder / "phones.sqlite"))
    for role in ROLES:
        world.account(role)
    phone, team = _teams(world, typed)
    quiet, call = _calls(world, typed, phone)
    drafts = {role: _draft(world, typed, role) for role in ("dispatcher", "supervisor")}
    rules = _rules(world)
    _around(world, typed, call, phone)
    _counted(world)
    Watcher(world.context).round()
    with world.context.reading() as uow:
        one = uow.session.scalars
        follow_up = one(select(FollowUp.id).where(FollowUp.call_id == call.id)).first()
        links = [re.search(r"/p/\w{11}", text.body or "") for text in one(select(Message))]
        test, account = one(select(ReachRun.id)).first(), one(select(Account.id)).first()
    paths = {
        "call.show": (f"/calls/{call.reference}", f"/calls/{quiet.reference}"),
        "call.by_code": (f"/c/{call.code}",),
        "call.sheet": (f"/calls/{call.reference}/sheet",),
        "follow_ups.follow_up": (f"/follow-ups/{follow_up}",),
        "intake.go_on": ("/intake/{draft}",),
        "intake_paste.ask": ("/intake/{draft}/paste",),
        "safety.of_member": (f"/members/{phone.responder_id}/safety",),
        "people.account": (f"/people/{account}",),
        "rules.live": (f"/rules/{RULES}",),
        "rules.drafts.read_change": (f"/rules/{RULES}/approve",),
        "rules.drafts.draft": (f"/rules/{RULES}/draft",),
        "rules.case_to_try": (f"/rules/{RULES}/try",),
        "rules.versions": (f"/rules/{RULES}/versions",),
        "rules.version": (f"/rules/{RULES}/versions/{rules}",),
        "rules.confirm_going_back": (f"/rules/{RULES}/versions/{rules}/go-back",),
        "simulator.phones": ("/simulator", f"/simulator?phone=%2B{phone.number[1:]}"),
        "teams.team": (f"/teams/{team}",),
        "visits.show": (f"/calls/{call.reference}/visit",),
        "teams.change_team": (f"/teams/{team}/change",),
        "communication_tests.test": (f"/teams/tests/{test}",),
        "figures.figures": ("/figures", "/figures?span=year"),
    }
    refused = frozenset({("clinician", f"/calls/{quiet.reference}")})
    return Furnished(typed, paths, drafts, refused, next(it[0] for it in reversed(links) if it))


def _teams(world: World, typed: Typed) -> tuple[Phone, str]:
    (phone,) = world.team(typed.called("Mobile 9"), calls_at_once=9)
    world.pair(typed.called("CIT 2"))
    world.partner(typed.called("Harbor House"), "shelter")
    forget(world)
    with world.context.unit_of_work("test") as uow:
        member = uow.get(Responder, phone.responder_id)
        clinician = select(Account.id).where(Account.username == "test-clinician")
        member.account_id = uow.session.scalar(clinician)
        member.name = typed.called("Noor Haddad")
        fresh = rosters.NewMember("clinician", typed.called("Eli Novak"), world.phone_number())
        rosters.add_member(uow, world.centre, uow.get(Team, member.team_id), fresh)
        return phone, str(member.team_id)


def _calls(world: World, typed: Typed, phone: Phone) -> tuple[Call, Call]:
    """A loud one that nobody takes, a short one, one that is over, and one that the phone's team
    is on."""
    told = typed.said("A man walks to and fro and cries.")
    world.call(LOUD, location=typed.said("12 Mill Lane"), narrative=told)
    quiet = world.call({}, narrative=told)
    world.call(CALM, location=typed.said("City Hall"), disposition="test_call")
    call = world.call(
        CALM,
        location=typed.said("Pier 3, by the crane"),
        narrative=told,
        caller_name=typed.said("Morgan Ellis"),
        caller_phone="202-555-0142",
        external_id=typed.said("26-004711")[:60],
        people=People(
            subject=Subject(name=typed.said("Ada Lovelace"), about=typed.said("Red coat")),
            third_party=ThirdParty(typed.said("Rosa Lovelace"), "202-555-0171", "family", True),
        ),
    )
    world.settle()
    for text in (f"{call.code} 1", f"{call.code} ETA 10", f"{call.code} NOTE {told}"):
        phone.text(text)
    desk = world.client("dispatcher")
    path = f"/calls/{call.reference}"
    desk.submit(path, {"reason": "family_asked", "note": told}, to=f"{path}/override")
    desk.submit(path, {"text": told[:300], "about": "place", "days": "30"}, to=f"{path}/hazards")
    _tasks(world, typed, call)
    return quiet, call


def _tasks(world: World, typed: Typed, call: Call) -> None:
    """What is to be told by radio, of this call and of one that is over; a referral that nobody
    has taken."""
    desk, unit = world.client("dispatcher"), {"unit": typed.called("4A12"), "cad_number": "26-1"}
    add(world, call, weapon="accessible")
    act(desk, call, "/send", {})
    act(desk, call, "/handed-over", unit)
    add(world, call, fire_gas_chemical="gas")
    over = world.call(LOUD, location=typed.said("Quay"))
    act(desk, over, "/handed-over", unit)
    close(world, over, "duplicate")
    world.call(CALM | {"domestic_violence": "yes"})


def _draft(world: World, typed: Typed, role: str) -> str:
    key = str(uuid4())
    fields = {
        "form_key": key,
        "location": typed.said("Pier 3, by the crane"),
        "narrative": typed.said("He walks to and fro and cries."),
        "caller_phone": "202-555-0142",
        "caller_name": typed.said("Morgan Ellis"),
        "facts.weapon": "none_seen",
        "edition": "1",
    }
    world.client(role).submit("/intake", fields, to="/intake/assess")
    return key


def _rules(world: World) -> str:
    """A draft that waits for its approval; the fingerprint of the version that is live."""
    boss, here = world.client("supervisor"), f"/rules/{RULES}"
    assert send(boss, with_another_threshold(world), "/ask").status_code == 302
    found = re.search(r"/versions/(\w{64})", opened(boss, f"{here}/versions"))
    assert found
    return found[1]


def _around(world: World, typed: Typed, call: Call, phone: Phone) -> None:
    """What is told beside calls: warnings, a switch, an alarm, a test, texts of strangers."""
    with world.context.unit_of_work("test") as uow:
        hazard_notes.add(uow, world.centre, typed.said("Large dog.")[:300], place="12 Mill Lane")
        subject = next(iter(switches.subjects(uow, world.centre)))
        until = uow.now + timedelta(hours=4)
        switches.suspend(uow, world.centre, subject, until, typed.said("Flooded road.")[:200])
        communication_tests.start_now(uow, world.centre)
    world.stranger().text(typed.said("Is anybody there?"))
    phone.text(typed.said(f"{call.code} what about"))
    phone.text(f"{call.code} ASSIST")
    _visit(world, typed, call)
    world.context.phone.send(OutboundSms("1", phone.number, typed.said("Hello"), 600))
    world.settle()


def _counted(world: World) -> None:
    """As if today were over."""
    zone = world.centre.policy.time_zone
    world.context.do(
        "test", lambda uow: figures.roll(uow, world.centre, uow.now.astimezone(zone).date())
    )


def _visit(world: World, typed: Typed, call: Call) -> None:
    """A note that is written down, and one that is begun."""
    me, here = world.client("clinician"), f"/calls/{call.reference}/visit"
    ends = {"disposition": "linked_to_care", "verdict": "3", "verdict_why": typed.said("Alone.")}
    note = {part: typed.said("Sat with him.") for part in visits.PARTS}
    me.submit(here, note | ends | {"form_key": str(uuid4())}, to=here)
    me.submit(here, note | {"form_key": str(uuid4())}, to=f"{here}/draft")
