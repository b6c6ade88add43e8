"""What the user is told about a wrong configuration: exact words, places and suggestions.

Each file of problems/ is a case: the TOML text, a line of dashes, the problems as printed. The
other file of the configuration is a good one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgerollout.config import load
from edgerollout.errors import ConfigError, ExitCode

if TYPE_CHECKING:
    from conftest import Write

CASES = Path(__file__).parent / "problems"


def told(directory: Path) -> list[str]:
    """Every problem of the configuration in `directory`, as printed."""
    with pytest.raises(ConfigError) as caught:
        load(directory)
    assert caught.value.exit_code is ExitCode.USAGE
    return [str(problem).replace(str(Path.cwd()), "ROOT") for problem in caught.value.problems]


def check(write: Write, kind: str, name: str) -> None:
    """Compare a case's problems with those it must lead to; EDGEROLLOUT_UPDATE_GOLDENS=1 writes them."""
    path = CASES / kind / name
    text, line, problems = path.read_text(encoding="utf-8").partition("-----\n")
    found = told(write(text) if kind == "settings" else write(policy=text))
    if os.environ.get("EDGEROLLOUT_UPDATE_GOLDENS") == "1":
        path.write_text(text + line + "".join(f"{text}\n" for text in found), encoding="utf-8")
    else:
        assert found == problems.splitlines()


def names(kind: str) -> list[str]:
    return sorted(file.name for file in (CASES / kind).iterdir())


@pytest.mark.parametrize("name", names("settings"))
def test_wrong_settings_are_told_with_line_key_and_suggestion(write: Write, name: str) -> None:
    check(write, "settings", name)


@pytest.mark.parametrize("name", names("policy"))
def test_a_wrong_policy_is_told_with_line_key_and_suggestion(write: Write, name: str) -> None:
    check(write, "policy", name)


def test_a_policy_over_cloudfronts_limit_is_refused(write: Write) -> None:
    policy = '[csp]\nimg-src = ["*"]\n[headers]\nx-a = "' + "v" * 20_480 + '"\n'
    assert told(write(policy=policy)) == [
        (
            "config/policy.toml:1:2: csp: the headers take 20,535 bytes, CloudFront allows 20,480"
            " (X-A alone takes 20,487)"
        )
    ]


def test_the_problems_of_both_files_are_told_at_once(write: Write) -> None:
    assert told(write("environments = {}\n", "y = 1\n")) == [
        (
            "config/edgerollout.toml:1:16: environments: there is no environment"
            " (start with [environments.testing])"
        ),
        "config/policy.toml:1:1: y: unknown key (known here: headers, csp and environments)",
    ]


def test_one_missing_file_is_told_beside_the_others_problems(write: Write) -> None:
    assert told(write(None, "y = 1\n")) == [
        "config/edgerollout.toml: there is no such file",
        "config/policy.toml:1:1: y: unknown key (known here: headers, csp and environments)",
    ]


def test_a_line_that_is_not_utf8_is_told(write: Write) -> None:
    directory = write()
    (directory / "policy.toml").write_bytes(b'[csp]\n# ok\nimg-src = ["\xe9"]\n')
    assert told(directory) == ["config/policy.toml:3: this line is not UTF-8 (save the file as UTF-8)"]


def test_absurd_nesting_is_a_problem_and_no_crash(write: Write) -> None:
    assert told(write(policy="x = " + "[" * 20_000)) == ["config/policy.toml: not TOML: nested too deeply"]


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("x = " + "9" * 5_000, "a name or number of more than 200 characters without quotes"),
        ("x = 0x" + "f" * 5_000, "a name or number of more than 200 characters without quotes"),
        ("n" * 5_000 + " = 1", "a name or number of more than 200 characters without quotes"),
        ("a." * 20_000 + "a = 1", "a key of more than 16 parts"),
        ("[" + "a . " * 20_000 + "a]", "a key of more than 16 parts"),
        ("'a'." * 20_000 + "a = 1", "a key of more than 16 parts"),
    ],
)
def test_numbers_and_keys_beyond_all_sense_are_told_with_their_line(
    write: Write, policy: str, why: str
) -> None:
    before = "note = '''\n" + "a." * 40 + "\n'''  # " + "9" * 300 + "\n"
    assert told(write(policy=before + policy)) == [f"config/policy.toml:4: not TOML: {why}"]


def test_tables_in_tables_that_only_their_paths_make_large_are_refused(write: Write) -> None:
    nested = "x = " + "{a.a.a.a = " * 100 + "1" + "}" * 100
    assert told(write(policy=nested)) == ["config/policy.toml: not TOML: nested too deeply"]


def test_long_texts_with_many_dots_and_digits_are_no_problem_of_size(write: Write) -> None:
    texts = f'x = "{"a." * 40}{"9" * 300}\\""  # {"a." * 40}\n'
    assert "not TOML" not in " ".join(told(write(policy=texts)))


def test_a_folder_where_a_file_should_be_is_told(write: Write) -> None:
    directory = write(policy=None)
    (directory / "policy.toml").mkdir()
    assert told(directory) == ["config/policy.toml: cannot be read: Is a directory"]
