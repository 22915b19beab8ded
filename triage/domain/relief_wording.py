"""What is texted to teams that wait near, transport, are relieved, or must leave. As with every
text, nothing names the person in crisis or tells of their health."""

from triage.domain.wording import gsm7


def staged(code: str) -> str:
    return (
        f"{code}: you wait near the scene, dispatch knows. Going in: {code} SCENE. "
        f"If you must leave, unsafe: {code} WITHDRAW"
    )


def transporting(code: str) -> str:
    return f"{code}: you are transporting. When the person is handed over: {code} CLEAR"


def relief_asked(code: str) -> str:
    return (
        f"{code}: a relief is being asked. You stay responsible until somebody accepts; we tell "
        f"you. If you must leave, unsafe: {code} WITHDRAW"
    )


def no_relief(code: str) -> str:
    return f"{code}: no relief found yet, dispatch is told. You stay responsible, we go on looking."


def stays_until_relieved(code: str) -> str:
    """To a team that clears or gives back while its relief is sought."""
    return (
        f"{code}: nobody has taken over yet, you stay responsible. If nobody need come any more "
        f"tell dispatch by radio. If you must leave, unsafe: {code} WITHDRAW"
    )


def released(code: str, by: str) -> str:
    return (
        f"{code}: {gsm7(by)} has accepted and takes over. You are released. If you are with the "
        "person, hand over face to face where you can."
    )


def released_before(code: str) -> str:
    return f"{code} is not yours any more, you are released. Nothing was changed."


def withdrawn(code: str) -> str:
    return (
        f"{code}: you are withdrawn, dispatch is told it is not safe, somebody else is asked. "
        f"If you need help: {code} ASSIST"
    )


def partner_withdrew(code: str, role: str, who: str) -> str:
    left = gsm7(f"{role.replace('_', ' ')} {who}")
    return (
        f"{code}: UNSAFE, {left} had to leave. If you must leave too: {code} WITHDRAW. "
        f"If you need help: {code} ASSIST"
    )
