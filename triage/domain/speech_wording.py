"""What the team reads of a caller who cannot speak freely."""

QUIET = "Caller cannot speak freely: do not ring back."


def cannot_speak(code: str) -> str:
    return f"{code}: {QUIET}"
