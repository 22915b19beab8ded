"""How the worker speaks of itself: in rows and in its log."""

import traceback
from pathlib import Path

ACTOR = "worker"


def described(error: BaseException) -> dict[str, str]:
    """An error by its type and place: its text may hold numbers or names."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "where": where}
