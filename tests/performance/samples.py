"""The raw samples of a benchmark, for whoever wants to look closer."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any


def keep(name: str, machine: dict[str, object], found: Sequence[Any]) -> Path:
    """found -- dataclasses, one for each row of the table. Returns the file."""
    file = Path("var/bench") / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"machine": machine, "found": [asdict(one) for one in found]}))
    return file
