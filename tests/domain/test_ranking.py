"""Which team is asked first."""

from uuid import UUID, uuid4

from triage.domain.ranking import MemberOption, Need, TeamOption, rank, why_first, why_none


def member(role: str = "clinician", load: int = 0) -> MemberOption:
    return MemberOption(uuid4(), role, frozenset(), load)


def team(name: str, *members: MemberOption, **more: object) -> TeamOption:
    values: dict[str, object] = {
        "team_id": UUID(int=len(name)),
        "name": name,
        "zones": frozenset(),
        "skills": frozenset(),
        "load": 0,
        "calls_at_once": 1,
        "suspended": False,
        "members": members or (member(),),
    }
    return TeamOption(**{**values, **more})  # type: ignore[arg-type]


NEED = Need(("clinician",), "Harbor", frozenset())


def names(teams: list[TeamOption], need: Need = NEED) -> list[str]:
    return [one.name for one in rank(teams, need)]


def test_the_home_team_comes_before_everybodys_and_others() -> None:
    away = team("Away", zones=frozenset({"Hilltop"}))
    anywhere = team("Anywhere")
    home = team("Home", zones=frozenset({"Harbor"}))

    assert names([away, anywhere, home]) == ["Home", "Anywhere", "Away"]


def test_a_whole_pair_comes_before_half_of_one_in_the_home_zone() -> None:
    need = Need(("clinician", "officer"), "Harbor", frozenset())
    half = team("Half", member("clinician"), zones=frozenset({"Harbor"}))
    whole = team("Whole", member("clinician"), member("officer"))

    assert names([half, whole], need) == ["Whole", "Half"]
    assert "part of the team only" in why_first(half, need)


def test_busy_suspended_and_unstaffed_teams_are_not_asked() -> None:
    busy = team("Busy", load=1)
    off = team("Off", suspended=True)
    empty = team("Empty", member("officer"))

    assert names([busy, off, empty]) == []


def test_the_less_busy_team_and_member_are_asked_first() -> None:
    tired, fresh = member(load=2), member(load=0)
    one = team("One", load=2, calls_at_once=5)
    two = team("Two", tired, fresh, load=1, calls_at_once=5)

    assert names([one, two]) == ["Two", "One"]
    assert two.can_fill(("clinician",)) == {0: fresh}


def test_who_can_leave_now_comes_before_the_home_team_that_has_a_call() -> None:
    working = team("Home", zones=frozenset({"Harbor"}), load=1, calls_at_once=5)
    free = team("Away", zones=frozenset({"Hilltop"}), calls_at_once=5)

    assert names([working, free]) == ["Away", "Home"]
    assert why_first(free, NEED) == ["from Hilltop, another zone", "free"]


def test_that_no_home_team_is_free_is_not_said_where_one_has_only_not_confirmed() -> None:
    silent = MemberOption(uuid4(), "clinician", frozenset(), 0, confirmed=False)
    home = team("Home", silent, zones=frozenset({"Harbor"}))
    away = team("Away", zones=frozenset({"Hilltop"}))

    assert names([home, away]) == ["Away", "Home"]
    assert why_first(away, NEED) == ["from Hilltop, another zone", "free"]


def test_a_wish_for_a_language_orders_but_never_excludes() -> None:
    need = Need(("clinician",), None, frozenset({"es"}))
    spanish = team("Spanish", skills=frozenset({"es"}))

    assert names([team("Any"), spanish], need) == ["Spanish", "Any"]
    assert names([team("Any")], need) == ["Any"]


def test_one_person_fills_one_place() -> None:
    pair = team("Pair", member("clinician"))

    assert list(pair.can_fill(("clinician", "clinician"))) == [0]


def test_why_nobody_can_come_is_a_code() -> None:
    assert why_none([], ("clinician",)) == "none_on_shift"
    assert why_none([team("Off duty", member("officer"))], ("clinician",)) == "none_on_shift"
    assert why_none([team("Busy", load=1)], ("clinician",)) == "all_committed"
    assert why_none([team("Off", suspended=True)], ("clinician",)) == "suspended"
    assert why_none([team("Free")], ("clinician",)) is None


def test_that_whoever_is_free_has_an_alarm_is_not_said_to_be_other_calls() -> None:
    cried, busy = team("Cried", in_alarm=True), team("Busy", load=1)
    both, off = team("Both", load=1, in_alarm=True), team("Off", suspended=True, in_alarm=True)

    assert why_none([cried, busy], ("clinician",)) == "in_alarm"
    assert why_none([both, off], ("clinician",)) == "all_committed"
    assert why_none([off], ("clinician",)) == "suspended"
    assert why_none([cried, team("Free")], ("clinician",)) is None
