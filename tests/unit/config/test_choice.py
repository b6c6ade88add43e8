from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.config import choose_environment, load
from edgerollout.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from conftest import Write

ONE = """\
[function]
name = "headers-{environment}"
runtime = "python3.13"
handler = "handler/python"
role = "edge"
[environments.testing]
account = "123456789012"
distributions = [{ alias = "testing.example.com" }]
"""
TWO = ONE + ONE[ONE.index("[environments") :].replace("testing", "production")


@pytest.mark.parametrize(
    ("settings", "flag", "variable", "name", "source"),
    [
        (TWO, "production", "testing", "production", "flag"),
        (TWO, None, "production", "production", "variable"),
        ('default = "testing"\n' + TWO, None, None, "testing", "default"),
        ('default = "testing"\n' + TWO, None, "", "testing", "default"),
        ('default = "testing"\n' + TWO, None, "production", "production", "variable"),
        (ONE, None, None, "testing", "only"),
    ],
)
def test_the_flag_wins_then_the_variable_then_the_configuration(
    write: Write, settings: str, flag: str | None, variable: str | None, name: str, source: str
) -> None:
    chosen = choose_environment(load(write(settings)), flag, variable)
    assert (chosen.environment.name, chosen.source) == (name, source)
    assert chosen.by_flag == (source == "flag")


@pytest.mark.parametrize(
    ("flag", "variable", "what", "hint"),
    [
        (None, None, "no environment chosen", "name one with -e: testing, production"),
        (
            "prodution",
            None,
            'there is no environment "prodution" (-e)',
            "did you mean production? there are testing and production",
        ),
        ("", None, 'there is no environment "" (-e)', "there are testing and production"),
        (
            None,
            "zzz",
            'there is no environment "zzz" (EDGEROLLOUT_ENV)',
            "there are testing and production",
        ),
    ],
)
def test_an_unknown_or_missing_name_lists_the_known_ones(
    write: Write, flag: str | None, variable: str | None, what: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        choose_environment(load(write(TWO)), flag, variable)
    assert (caught.value.summary, caught.value.hint) == (what, hint)
    assert caught.value.exit_code is ExitCode.USAGE
