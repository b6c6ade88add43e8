"""Twins: whose silence proves nothing, and which of their reports are no trouble."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.policy.staging import COEP, COOP, PERMISSIONS, twin_of
from edgerollout.tour.twin_tests import untold
from edgerollout.tour.twins import breakages, by_console, by_report

from .sightings import visit

OWN, OTHER = "https://www.example.com", "https://other.example"


@pytest.mark.parametrize(
    ("name", "value", "opened", "why"),
    [
        (COOP, "same-origin", True, None),
        (COOP, "same-origin", False, "no toured page opened a window"),
        (COOP, "noopener-allow-popups", True, "do not report on noopener-allow-popups"),
        (COEP, "require-corp", False, None),
        (COEP, "credentialless", False, "miss the visitor's cookies"),
        (PERMISSIONS, "camera=(), unload=(self)", False, None),
        (PERMISSIONS, "camera=(), unload=()", False, "do not report on unload"),
        (PERMISSIONS, "publickey-credentials-get=()", False, "do not report on publickey-credentials-get"),
    ],
)
def test_what_no_browser_reports_or_no_page_tried_is_said(
    name: str, value: str, opened: bool, why: str | None
) -> None:
    seen = replace(visit(), headers=((twin_of(name), value),), opened=opened)
    found = untold(name, [value], [seen])
    assert found is None if why is None else why in (found or "")


def coep(kind: str, blocked: str, destination: str = "", disposition: str = "reporting") -> dict[str, object]:
    body = {"type": kind, "blockedURL": blocked, "destination": destination, "disposition": disposition}
    return {"type": "coep", "body": body}


@pytest.mark.parametrize(
    ("report", "value", "breaks"),
    [
        (coep("corp", f"{OTHER}/image.png", "image"), "require-corp", True),
        (coep("corp", f"{OTHER}/image.png", "image"), "credentialless", False),
        (coep("corp", f"{OTHER}/page", "iframe"), "credentialless", True),
        (coep("navigation", f"{OTHER}/page"), "require-corp", True),
        (coep("navigation", f"{OWN}/page"), "require-corp", False),
        (coep("worker initialization", f"blob:{OWN}/1234"), "require-corp", False),
    ],
)
def test_false_alarms_of_the_embedder_policy_are_left_out(
    report: dict[str, object], value: str, breaks: bool
) -> None:
    found = by_report(report)
    assert found is not None
    assert bool(breakages([found], f"{OWN}/", {twin_of(COEP): value}, {OWN})) is breaks


def test_reports_of_enforced_headers_and_other_words_of_the_console_are_not_a_twin_s() -> None:
    assert by_report(coep("corp", OTHER, disposition="enforce")) is None
    assert by_report({"type": "deprecation", "body": {"disposition": "report"}}) is None
    assert by_console({"text": "Uncaught Error"}) is None
    found = by_console({"text": "Cross-Origin-Opener-Policy policy would block the window.closed call."})
    assert found is not None
    assert found.header == twin_of(COOP)
