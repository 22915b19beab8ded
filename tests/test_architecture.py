"""Laws that a test can keep, so that nobody has to remember them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULE_LINES = 350
FUNCTION_LINES = 50

SOURCE = {
    str(path.relative_to(ROOT)): path.read_text()
    for pattern in ("triage/**/*.py", "triage/templates/**/*")
    for path in sorted(ROOT.glob(pattern))
    if path.is_file()
}
PYTHON = {name: text for name, text in SOURCE.items() if name.endswith(".py")}

HOMES = {
    "ending a transaction": (
        r"\.(commit|rollback|begin)\(",
        {"triage/storage/database.py"},
    ),
    "the wall clock": (
        r"\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(|\btime\.time(_ns)?\(",
        {"triage/adapters/clock.py"},
    ),
    "the environment": (
        r"\bos\.(environ|getenv|putenv)\b|^\s*from os import .*\b(environ|getenv)\b",
        {"triage/app.py", "triage/entrypoints/cli.py"},  # cli starts other programs
    ),
    "what may be old: the standby, which nothing that decides is given": (
        r"\btriage\.storage\.standby\b|\.standby\b",
        {
            "triage/app.py",
            "triage/context.py",
            "triage/entrypoints/commands/watching.py",
            "triage/entrypoints/web/figures.py",
        },
    ),
    "Twilio's library": (
        r"^\s*(from|import) twilio\b",
        {"triage/adapters/twilio_sms.py", "triage/adapters/twilio_voice.py"},
    ),
    "PyYAML, whose own loaders guess at types": (
        r"^\s*(from|import) yaml\b",
        {f"triage/adapters/{name}.py" for name in ("strict_yaml", "yaml_slips", "yaml_tree")},
    ),
    "markup that is not escaped": (
        r"\|\s*safe\b|\bMarkup\(|\bautoescape\s+false",
        set(),
    ),
    "running what was data": (
        r"(?<![\w.])(eval|exec)\(|^\s*(from|import) (pickle|marshal|shelve|dill)\b",
        set(),
    ),
}

# Put together here, because this file is searched too.
_HOSTS = (
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("npmjs", "org"),
    ("npmjs", "com"),
    ("deb", "debian", "org"),
    ("security", "debian", "org"),
)
PRIVATE = re.compile(
    "|".join(
        [
            *(r"\b" + r"\.".join(host) + r"\b" for host in _HOSTS),
            r"(?<![\w.}>-])/(work|opt)/\w",
            r"/root/\.",
        ]
    ).encode()
)


@pytest.mark.parametrize("what", HOMES)
def test_some_words_live_in_one_file(what: str) -> None:
    words, homes = HOMES[what]
    strays = [
        f"{name}:{text.count(chr(10), 0, found.start()) + 1}: {found.group().strip()}"
        for name, text in SOURCE.items()
        if name not in homes
        for found in re.finditer(words, text, re.MULTILINE)
    ]

    assert not strays, f"{what} belongs in {homes or 'no file'}"


def test_modules_are_short() -> None:
    long = {
        name: lines
        for name, text in PYTHON.items()
        if (lines := len(text.splitlines())) > MODULE_LINES
    }

    assert not long, f"split along the nouns of the field: more than {MODULE_LINES} lines"


def test_functions_are_short() -> None:
    long = {
        f"{name}:{function.lineno} {function.name}": lines
        for name, text in PYTHON.items()
        for function in _functions(text)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    }

    assert not long, f"more than {FUNCTION_LINES} lines"


def test_a_worker_loads_no_pages() -> None:
    """It would take longer to start, and serves none."""
    loaded = "import triage.entrypoints.cli, triage.app, sys; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )

    assert "triage.entrypoints.worker" in told.stdout
    assert "triage.entrypoints.web" not in told.stdout


def test_no_file_names_a_registry_or_the_machine_it_was_written_on() -> None:
    strays = [
        f"{path.relative_to(ROOT)}: {found.group().decode()}"
        for path in _repository_files()
        for found in PRIVATE.finditer(path.read_bytes())
    ]

    assert not strays


def _functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _repository_files() -> list[Path]:
    """All that is committed or could be: not what .gitignore names."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so what belongs to the repository is not known")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    files = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in files if path.is_file()]
