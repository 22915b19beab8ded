"""A decision in a dispatcher's words: the same on the intake page and on the call's page."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.domain.codes import DIFFERENCES
from triage.domain.contradictions import is_disputed
from triage.domain.role_words import role_name
from triage.domain.words import Named, listed, msgid, of_rules
from triage.services.centre import Centre
from triage.services.timeline_sentences import fact_name, response_name

_HOW = {
    "page": msgid("Sending texts the best free team at once."),
    "cad": msgid("Sending opens a hand-over: you dispatch it in CAD."),
    "transfer": msgid("Sending opens a transfer: you connect the caller."),
    "record": msgid("Nobody is sent."),
}
BY_HAND = msgid(
    "Decide by hand: not awake, not breathing normally or hurt, send an ambulance; a weapon or"
    " violence, send police. Then tell a supervisor that the rules do not work."
)
"""What a dispatcher does where no rule decides."""
_AFTERWARDS = {"plan"}
_EXCLUDING = {"exclude"}


@dataclass(frozen=True)
class Reason:
    sentence: str
    source: str
    unknown: str
    """Which answers were missing, where the rule counts that; "" otherwise."""


@dataclass(frozen=True)
class Question:
    fact: str
    name: str
    """What it asks for, in few words."""
    consequence: str
    """What the answer could change: "Goes to patrol if a weapon is in hand." """


@dataclass(frozen=True)
class Afterwards:
    """What is planned for later."""

    what: str
    when: str
    """How long after, and by whom."""


@dataclass(frozen=True)
class Recommendation:
    """What the page says of one assessment."""

    outcome: str
    response: str
    """The response's id."""
    name: str
    about: str
    how: str
    level: Mapping[str, Any]
    also: Sequence[tuple[str, str]]
    """Companions by name, each with its reason."""
    why: Sequence[Reason]
    """What decided."""
    outranked: Sequence[Reason]
    """What is true as well and changed nothing."""
    by_points: Sequence[tuple[str, int, int]]
    """Where points chose: whom, how many, and how many are needed; then the others."""
    excluded: Sequence[tuple[str, str]]
    points: Sequence[tuple[str, int, int]]
    """Who got points: their name, how many, and how many are needed."""
    afterwards: Sequence[Afterwards]
    settled: bool
    may_become: Sequence[str]
    ask_next: Sequence[Question]
    warnings: Sequence[str]
    rules: str


def recommendation(centre: Centre, result: Mapping[str, Any]) -> Recommendation:
    """The words for an assessment as `triage assess` prints it."""
    kind = centre.vocabulary.responses.get(result["response"])
    because = result["because"]
    told = [r for r in because if r["kind"] not in _AFTERWARDS]
    # What was assessed before the two were told apart has all of them as deciding.
    decided = [r for r in told if r.get("decided", r["kind"] not in _EXCLUDING)]
    # Who else may not be sent, and why, has a list of its own.
    others = [r for r in told if r not in decided and r["kind"] not in _EXCLUDING]
    return Recommendation(
        outcome=result["outcome"],
        response=result["response"],
        name=response_name(centre, result["response"]),
        about=Named(kind.about) if kind else "",
        how=_HOW[kind.reached_by] if kind else "",
        level=result["level"],
        also=[
            (response_name(centre, a["response"]), of_rules(a["because"])) for a in result["also"]
        ],
        why=[_reason(centre, result, r) for r in decided],
        outranked=[_reason(centre, result, r) for r in others],
        by_points=_by_points(centre, result),
        excluded=_excluded(centre, result["excluded"]),
        points=list(_points(centre, result)),
        afterwards=[_after(one) for one in result["follow_ups"]],
        settled=result["settled"],
        may_become=[response_name(centre, r) for r in result["could_become"]],
        ask_next=[_question(centre, asked) for asked in result["ask_next"]],
        warnings=_warnings(centre, result),
        rules=f"{result['rule_set']} {result['version']}",
    )


@dataclass(frozen=True)
class Chosen:
    """Who is sent where a person chooses otherwise."""

    name: str
    how: str
    also: Sequence[str]
    """Whoever comes along, as recommended."""


def chosen_instead(
    centre: Centre, response: str, result: Mapping[str, Any] | None
) -> Chosen | None:
    """None where nobody is chosen who could be sent, or just who is recommended."""
    kind = centre.vocabulary.responses.get(response)
    if kind is None or not kind.is_somebody or (result and result["response"] == response):
        return None
    along = [one["response"] for one in result["also"]] if result else []
    also = [response_name(centre, one) for one in along if one != response]
    return Chosen(response_name(centre, response), _HOW[kind.reached_by], also)


def _reason(centre: Centre, result: Mapping[str, Any], reason: Mapping[str, Any]) -> Reason:
    rules = centre.parsed.get(result["sha256"])
    known = rules.source.get(reason["source"]) if rules else None
    missing = [fact for fact, value in reason["facts"].items() if value in (None, "unknown")]
    unknown = ""
    if reason.get("on_unknown"):
        unknown = listed(", ", [fact_name(centre, fact) for fact in missing])
    source = known.title if known else reason["source"]
    return Reason(of_rules(reason["because"]), of_rules(source), unknown)


def _points(centre: Centre, result: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    rules = centre.parsed.get(result["sha256"])
    for response, total in result["points"].items():
        needed = rules.threshold(response) if rules else None
        if needed is not None:
            yield response_name(centre, response), total, needed


def _by_points(centre: Centre, result: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    chosen = result.get("by_points")
    if not chosen:
        return []
    name = response_name(centre, chosen["response"])
    others = [one for one in _points(centre, result) if one[0] != name]
    return [(name, chosen["points"], chosen["threshold"]), *others]


def _excluded(centre: Centre, excluded: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Each reason once, with everybody it keeps away."""
    by_reason: dict[str, list[str]] = {}
    for one in excluded:
        by_reason.setdefault(one["because"], []).append(response_name(centre, one["response"]))
    return [(listed(", ", names), of_rules(because)) for because, names in by_reason.items()]


def _question(centre: Centre, asked: Mapping[str, Any]) -> Question:
    told, names = asked.get("because"), [response_name(centre, r) for r in asked["changes_to"]]
    if not told and names:
        told = msgid("May lead to %(names)s.", names=listed(msgid(" or "), names))
    return Question(asked["fact"], fact_name(centre, asked["fact"]), told or "")


def _after(follow_up: Mapping[str, Any]) -> Afterwards:
    hours = follow_up["after_h"]
    count = f"{hours if hours < 72 else hours / 24:g}"
    time = f"{count} h" if hours < 72 else msgid("%(count)s days", count=count)
    owner = role_name(follow_up["owner"])
    when = msgid("after %(time)s, %(owner)s", time=time, owner=owner)
    return Afterwards(of_rules(follow_up["what"]), when)


def _nobody_comes(centre: Centre, result: Mapping[str, Any]) -> str:
    """Names who is missing: of all who are wanted, those who could not come when this was
    assessed (`unavailable`), each with the roles that nobody fills (`unfilled`), as far as known.
    """
    rules = centre.parsed.get(result["sha256"])
    fired = {one["rule"] for one in result["because"] if one["kind"] == "require"}
    wanted = {result["response"], result["eligible"], *(one["response"] for one in result["also"])}
    for rule in rules.rules if rules else ():
        if rule.id in fired:
            wanted.update(rule.responses)
    missing = [one for one in result.get("unavailable", ()) if one in wanted]
    if not missing and result["cause"]:
        missing = [result["eligible"]]
    if not missing:
        return msgid("Not everybody who is needed can come in time: a person must act.")
    names = listed(", ", [_with_roles(centre, result, one) for one in missing])
    return msgid("Nobody can come in time for %(names)s: a person must act.", names=names)


def _with_roles(centre: Centre, result: Mapping[str, Any], response: str) -> str:
    kind = centre.vocabulary.responses.get(response)
    roles = result.get("unfilled", {}).get(response) or (kind.roles if kind else ())
    name = response_name(centre, response)
    if not roles:
        return name
    said = listed(", ", [role_name(role) for role in roles])
    return msgid("%(name)s (%(roles)s)", name=name, roles=said)


def _needed(centre: Centre, result: Mapping[str, Any]) -> str:
    """With the roles that are missing where others of the team come, or came."""
    kind = centre.vocabulary.responses.get(result["needed"])
    missing = result.get("unfilled", {}).get(result["needed"], ())
    if kind is None or not set(missing) < set(kind.roles) or not missing:
        return response_name(centre, result["needed"])
    return _with_roles(centre, result, result["needed"])


def _warnings(centre: Centre, result: Mapping[str, Any]) -> list[str]:
    told: list[str] = []
    if result["outcome"] == "not_scored":
        told.append(
            msgid(
                "NOT SCORED: the rules could not be applied. Treat as highest. %(by_hand)s",
                by_hand=BY_HAND,
            )
        )
    if result["cause"] and result["needed"] != result["response"]:
        needed, goes = _needed(centre, result), response_name(centre, result["response"])
        why = DIFFERENCES.get(result["cause"], result["cause"])
        if result["outcome"] == "ask_more":
            told.append(msgid("%(needed)s is needed: %(why)s.", needed=needed, why=why))
        else:
            told.append(
                msgid(
                    "%(needed)s is needed: %(why)s. %(goes)s instead.",
                    needed=needed,
                    why=why,
                    goes=goes,
                )
            )
    if result.get("person_must_act"):
        told.append(_nobody_comes(centre, result))
    if result.get("police_because_unknown"):
        told.append(msgid("Police only because answers are missing: ask before you send."))
    told += [
        msgid("The answers contradict each other: %(fact)s.", fact=fact_name(centre, one["fact"]))
        for one in result.get("conflicts", ())
        if is_disputed(one)
    ]
    told += [
        msgid(
            "Nobody there has seen it, so it counts as not known: %(fact)s.",
            fact=fact_name(centre, one["fact"]),
        )
        for one in result.get("unseen", ())
    ]
    return told
