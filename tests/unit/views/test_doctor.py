from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.release.facts.check import Check, CheckState, Checkup
from edgerollout.views.doctor import doctor_document, verdict_words
from edgerollout.views.glyphs import ASCII
from edgerollout.views.output.doctor import doctor_json
from edgerollout.views.output.encoder import json_text
from tests.json_output import parsed
from tests.spelling import spell

from .drawing import markdown_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

WELL = Check("credentials", CheckState.OK, "arn:aws:iam::123456789012:user/deployer", "account 123456789012")
BAD = Check(
    "slots",
    CheckState.ERROR,
    "www.example.com",
    "www.example.com /api/*: arn:aws:lambda:us-east-1:123456789012:function:old:7 is on origin-response",
    "CloudFront runs one function per event.",
    "Take its slot over with --replace, or leave it alone with exclude.",
)
ODD = Check(
    "cached-documents", CheckState.WARNING, "https://www.example.com/", "kept for 24 hours", "why", "fix"
)
DARK = Check(
    "quota", CheckState.UNKNOWN, "account", "3 distributions; not known: AccessDenied", "why it matters"
)
CHECKUPS = {
    "well": Checkup("testing", (WELL,)),
    "mixed": Checkup("production", (WELL, BAD, ODD, DARK)),
    "open": Checkup("staging", (WELL, ODD, DARK)),
}


@pytest.mark.parametrize("width", [100, 40])
@pytest.mark.parametrize("name", CHECKUPS)
def test_a_check_up_is_text(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"doctor-{name}-{width}", text_of(doctor_document(CHECKUPS[name]), width))


@pytest.mark.parametrize("name", CHECKUPS)
def test_a_check_up_is_markdown(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"doctor-{name}-markdown", markdown_of(doctor_document(CHECKUPS[name])))


@pytest.mark.parametrize("name", CHECKUPS)
def test_a_check_up_is_a_json_document(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"doctor-{name}-json", json_text(doctor_json(CHECKUPS[name], spell)))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("well", "nothing forbids a publish"),
        ("mixed", "1 check forbids a publish (1 warning, 1 not known)"),
        ("open", "nothing forbids a publish (1 warning, 1 not known)"),
    ],
)
def test_the_verdict_counts_what_is_not_well(name: str, words: str) -> None:
    assert verdict_words(CHECKUPS[name]) == words


def test_quiet_leaves_out_what_is_well() -> None:
    text = text_of(doctor_document(CHECKUPS["mixed"], quiet=True), 100, ASCII)
    assert "credentials" not in text
    assert "x slots: " in text


def test_text_from_aws_acts_on_no_terminal_and_brings_no_markup() -> None:
    nasty = Check("role", CheckState.ERROR, "a|b", "\x1b[2J\n# heading", "<b>", "`x`")
    checkup = Checkup("testing", (nasty,))
    for text in (text_of(doctor_document(checkup)), markdown_of(doctor_document(checkup))):
        assert "\x1b" not in text
        assert "\n# heading" not in text
    assert parsed(json_text(doctor_json(checkup, spell)))["checks"][0]["message"] == "\x1b[2J\n# heading"
