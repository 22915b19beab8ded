"""Which team is asked first, and why."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID


@dataclass(frozen=True)
class MemberOption:
    """A member who is on shift and can be reached."""

    responder_id: UUID
    role: str
    skills: frozenset[str]
    load: int
    """Calls the member is asked about or working on."""
    confirmed: bool = True
    """They have shown that a text reaches them on this shift."""


@dataclass(frozen=True)
class TeamOption:
    team_id: UUID
    name: str
    zones: frozenset[str]
    skills: frozenset[str]
    load: int
    calls_at_once: int
    suspended: bool
    members: tuple[MemberOption, ...]
    responses: frozenset[str] = frozenset()
    """Those that it can give."""
    in_alarm: bool = False
    """One of it has an alarm that is not over: only a person sends it elsewhere."""

    def can_fill(self, roles: Sequence[str]) -> dict[int, MemberOption]:
        """For each wanted role, by its place in the list, a member of that role: one who
        has confirmed the shift before one who has not, the least busy first."""
        left = list(self._in_order)
        chosen: dict[int, MemberOption] = {}
        for place, role in enumerate(roles):
            member = next((m for m in left if m.role == role), None)
            if member is not None:
                left.remove(member)
                chosen[place] = member
        return chosen

    @cached_property
    def _in_order(self) -> Sequence[MemberOption]:
        return sorted(self.members, key=lambda m: (not m.confirmed, m.load, m.responder_id.int))

    def without(self, members: Collection[UUID]) -> "TeamOption":
        """The team as if these members, by their keys, were not there."""
        if not members:
            return self
        left = tuple(member for member in self.members if member.responder_id not in members)
        return self if len(left) == len(self.members) else replace(self, members=left)

    def is_among(self, members: Collection[UUID]) -> bool:
        """Are these all its members?"""
        return all(member.responder_id in members for member in self.members)

    def with_one_call_more(self) -> "TeamOption":
        """The team once it has what it is just asked to take."""
        return replace(self, load=self.load + 1)

    @property
    def free(self) -> bool:
        return self.load < self.calls_at_once

    @property
    def may_be_asked(self) -> bool:
        """By the service itself; a dispatcher may send it all the same."""
        return not (self.suspended or self.in_alarm)

    def could_come(self, roles: Sequence[str]) -> bool:
        """Can it fill any of these roles now?"""
        return self.free and self.may_be_asked and any(m.role in roles for m in self.members)


@dataclass(frozen=True)
class Need:
    roles: tuple[str, ...]
    zone: str | None
    skills: frozenset[str]
    """Such as the caller's language: wished for, never required."""


def rank(teams: Iterable[TeamOption], need: Need) -> list[TeamOption]:
    """The teams that can take part, best first.

    A team that can fill every wanted role before one that can fill some; whoever has confirmed
    the shift before those who have not; whoever has no call before those who have, wherever
    they are at home, because they can leave now; a home team of the zone before one of
    everywhere before one of elsewhere; wished-for skills; the least busy; then by name, so that
    the order is the same every time.
    """
    able = [t for t in teams if t.could_come(need.roles)]
    return sorted(able, key=lambda t: _order(t, need))


def _order(team: TeamOption, need: Need) -> tuple[int, int, bool, int, int, int, str]:
    asked = team.can_fill(need.roles).values()
    missing, silent = len(need.roles) - len(asked), sum(not m.confirmed for m in asked)
    home = 0 if need.zone in team.zones else 1 if not team.zones else 2
    skills = team.skills.union(*(m.skills for m in team.members))
    unwished = len(need.skills - skills)
    return missing, silent, team.load > 0, home, unwished, team.load, team.name


def why_none(teams: Sequence[TeamOption], roles: Sequence[str]) -> str | None:
    """The coded cause when no team can take part, or None when one can."""
    if any(team.could_come(roles) for team in teams):
        return None
    staffed = [team for team in teams if team.can_fill(roles)]
    if not staffed:
        return "none_on_shift"
    allowed = [team for team in staffed if not team.suspended]
    if any(team.free for team in allowed):
        return "in_alarm"
    return "all_committed" if allowed else "suspended"


def why_first(team: TeamOption, need: Need) -> list[str]:
    """Why this team is asked, as short phrases."""
    reasons = []
    if need.zone and need.zone in team.zones:
        reasons.append(f"home zone {need.zone}")
    elif need.zone and team.zones:
        reasons.append(f"from {', '.join(sorted(team.zones))}, another zone")
    if len(team.can_fill(need.roles)) < len(need.roles):
        reasons.append("part of the team only")
    if not all(member.confirmed for member in team.can_fill(need.roles).values()):
        reasons.append("shift not confirmed")
    others = "other call" if team.load == 1 else "other calls"
    reasons.append(f"{team.load} {others}" if team.load else "free")
    return reasons
