"""The command line in an interpreter of its own: what answering costs, and completion in a real shell."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_HEAVY = (
    "boto3", "botocore", "cryptography", "flask", "moto", "playwright", "pydantic", "rich.live", "tenacity",
    "urllib3", "werkzeug",
)  # fmt: skip


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["publish", "--help"]])
def test_a_quick_answer_imports_nothing_heavy(arguments: list[str]) -> None:
    # Typer itself loads pydantic as soon as a command's own options are read.
    heavy = [name for name in _HEAVY if name != "pydantic" or len(arguments) == 1]
    code = (
        "import sys\n"
        f"sys.argv = ['edgerollout', *{arguments!r}]\n"
        "from edgerollout.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)\n"
    )

    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


# --- completion ------------------------------------------------------------------------------------------


_PROGRAM = Path(sys.executable).parent / "edgerollout"
# Typer looks for the shell among the process's parents unless it is told the name.
_SHELL_BY_NAME = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_can_be_had_for_a_shell(shell: str) -> None:
    done = subprocess.run(
        (_PROGRAM, "--show-completion", shell),
        env={**os.environ, **_SHELL_BY_NAME},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "_EDGEROLLOUT_COMPLETE" in done.stdout


def _completed(folder: Path, line: str) -> list[str]:
    """What a real bash offers at the end of a line."""
    words = line.split(" ")
    script = (
        f'eval "$({shlex.quote(str(_PROGRAM))} --show-completion bash)"\n'
        f"COMP_WORDS=({' '.join(map(shlex.quote, words))}); COMP_CWORD={len(words) - 1}\n"
        "_edgerollout_completion edgerollout\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    variables = {**os.environ, "PATH": f"{_PROGRAM.parent}:{os.environ['PATH']}", **_SHELL_BY_NAME}
    done = subprocess.run(
        ("bash", "-c", script), cwd=folder, env=variables, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("edgerollout pu", ["publish"]),
        ("edgerollout publish -e ", ["testing", "staging"]),
        ("edgerollout publish -e st", ["staging"]),
        ("edgerollout -e t", ["testing"]),
        ("edgerollout publish -C other -e ", ["preview"]),
        ("edgerollout -C other publish -e ", ["preview"]),
        ("edgerollout publish -C nowhere -e ", []),
        ("edgerollout plan -o j", ["json"]),
    ],
)
def test_bash_completes_commands_environments_and_formats(
    tmp_path: Path, line: str, offered: list[str]
) -> None:
    for folder, names in (("config", ("testing", "staging")), ("other", ("preview",))):
        (tmp_path / folder).mkdir()
        tables = "".join(f"[environments.{name}]\n" for name in names)
        (tmp_path / folder / "edgerollout.toml").write_text(tables)

    assert _completed(tmp_path, line) == offered


def test_completion_says_nothing_about_a_broken_configuration(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "edgerollout.toml").write_text("[environments\n")

    assert _completed(tmp_path, "edgerollout publish -e ") == []
