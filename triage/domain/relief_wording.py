"""What is texted to teams that wait near, transport, are relieved, give a call back, or must
leave. As with every text, nothing names the person in crisis or tells of their health."""

from triage.domain.role_words import role_name
from triage.domain.texts import Text, gsm7, sms
from triage.domain.words import Spoken


def staged(code: str) -> Text:
    return sms(
        "%(code)s: you wait near the scene, dispatch knows. Going in: %(code)s SCENE. "
        "If you must leave, unsafe: %(code)s WITHDRAW",
        code=code,
    )


def transporting(code: str) -> Text:
    return sms(
        "%(code)s: you are transporting. When the person is handed over: %(code)s CLEAR", code=code
    )


def at_two_places(code: str, other: str) -> Text:
    """To whoever is on scene, or transports, and is on scene at another call as well."""
    return sms(
        "%(code)s noted, but you are on scene at %(other)s too. If you have left there: "
        "%(other)s CLEAR. Help: %(code)s ASSIST. Unsafe: %(code)s WITHDRAW",
        code=code,
        other=other,
    )


def relief_asked(code: str) -> Text:
    return sms(
        "%(code)s: a relief is being asked. You stay responsible until somebody accepts; we tell "
        "you. If you must leave, unsafe: %(code)s WITHDRAW",
        code=code,
    )


def no_relief(code: str) -> Text:
    return sms(
        "%(code)s: no relief found yet, dispatch is told. You stay responsible, we go on looking.",
        code=code,
    )


def stays_until_relieved(code: str) -> Text:
    """To a team that clears or gives back while its relief is sought."""
    return sms(
        "%(code)s: nobody has taken over yet, you stay responsible. If nobody need come any more "
        "tell dispatch by radio. If you must leave, unsafe: %(code)s WITHDRAW",
        code=code,
    )


def released(code: str, by: str) -> Text:
    return sms(
        "%(code)s: %(by)s has accepted and takes over. You are released. If you are with the "
        "person, hand over face to face where you can.",
        code=code,
        by=gsm7(by),
    )


def released_before(code: str) -> Text:
    return sms("%(code)s is not yours any more, you are released. Nothing was changed.", code=code)


def left_before(code: str) -> Text:
    return sms("%(code)s: you left because it was not safe. Nothing was changed.", code=code)


def given_back(code: str, then: Spoken) -> Text:
    """To whoever had accepted. then -- what follows, a sentence."""
    return sms("%(code)s: you have given it back. %(then)s", code=code, then=then)


def withdrawn(code: str) -> Text:
    return sms(
        "%(code)s: you are withdrawn, dispatch is told it is not safe, somebody else is asked. "
        "If you need help: %(code)s ASSIST",
        code=code,
    )


def cleared_by_desk(code: str) -> Text:
    """To whoever is written down as gone, and would be asked nothing more if they are not."""
    return sms(
        "%(code)s: dispatch has written down that you have cleared. Still there? Tell dispatch by "
        "radio. If you need help: %(code)s ASSIST",
        code=code,
    )


def partner_cleared(code: str, role: str) -> Text:
    """To whoever of the team is not there yet."""
    return sms(
        "%(code)s: your %(role)s has cleared and left. Ask dispatch before you go in.",
        code=code,
        role=role_name(role),
    )


def partner_left(code: str, role: str) -> Text:
    """To whoever of the team is there, and stays without them."""
    return sms(
        "%(code)s: your %(role)s has cleared and left. If you need help: %(code)s ASSIST. "
        "If you must leave, unsafe: %(code)s WITHDRAW",
        code=code,
        role=role_name(role),
    )


def partner_not_coming(code: str, role: str) -> Text:
    """To whoever of the team is not there yet: theirs never was, and was called off."""
    return sms(
        "%(code)s: your %(role)s does not come any more. Ask dispatch before you go in.",
        code=code,
        role=role_name(role),
    )


def partner_stays_away(code: str, role: str) -> Text:
    """To whoever of the team is there, and stays without them."""
    return sms(
        "%(code)s: your %(role)s does not come any more. If you need help: %(code)s ASSIST. "
        "If you must leave, unsafe: %(code)s WITHDRAW",
        code=code,
        role=role_name(role),
    )


def partner_withdrew(code: str, role: str, who: str) -> Text:
    return sms(
        "%(code)s: UNSAFE, %(role)s %(who)s had to leave. If you must leave too: "
        "%(code)s WITHDRAW. If you need help: %(code)s ASSIST",
        code=code,
        role=role_name(role),
        who=gsm7(who),
    )
