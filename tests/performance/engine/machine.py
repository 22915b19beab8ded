"""What the figures were taken on."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

LIBRARIES = (
    "datalogic-py",
    "zen-engine",
    "cel-expr-python",
    "polars",
    "duckdb",
    "numpy",
    "pyahocorasick",
)


def machine(libraries: Sequence[str] = LIBRARIES) -> dict[str, object]:
    """`load` is that of the last minute: above one half of the cores others disturb."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "libraries": {name: version(name) for name in libraries},
    }


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())
