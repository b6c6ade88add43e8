from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.net.answer import HttpAnswer
from edgerollout.probe.live_headers import Expectation, Verified, verify_live
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from edgerollout.rollout.session import Pace
from edgerollout.views.glyphs import ASCII
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.verify import verify_json
from edgerollout.views.verify import verify_document
from tests.fakes.clock import FakeClock
from tests.spelling import spell
from tests.unit.probe.world import (
    EXPECTED,
    HOME,
    HOST,
    NEW,
    OLD,
    FakeSite,
    distribution,
    lines_of,
    site_of,
)

from .drawing import markdown_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgerollout.probe.targets import Site


def test_what_somebody_edited_is_said_below_the_answers() -> None:
    expected = Expectation(8, NEW.response(), "headers-policy", 8, altered="edgerollout-x-8", stale=("team",))
    told = " ".join(text_of(verify_document(Verified(expected, (), ()), "testing"), 100).split())
    assert "release 8 by response headers policies" in told
    assert "somebody has edited the response headers policy edgerollout-x-8" in told
    assert "team was edited since the release copied what goes along of it" in told
    document = verify_json(Verified(expected, (), ()), "testing", spell)
    assert (document.altered, document.stale) == ("edgerollout-x-8", ("team",))


FRESH, STALE = lines_of(NEW.response()), lines_of(OLD.response())
REPORT_ONLY = "content-security-policy-report-only"


def looked(
    fake: FakeSite, site: Site, *urls: str, timeout: float = 0, expected: Expectation = EXPECTED
) -> Verified:
    return verify_live(
        fake,
        site,
        urls,
        expected,
        FakeClock(),
        timeout=timeout,
        pace=Pace(first=1, most=4),
        token=lambda: "token",
    )


def ok() -> Verified:
    site = site_of(distribution({"/api/*": 2, "/old/*": None, DEFAULT_BEHAVIOR: 2}), exclude=("/old/*",))
    return looked(FakeSite(), site, HOME)


def failing() -> Verified:
    """Each behavior wrong in a way of its own."""

    def answers(*headers: tuple[str, str], word: str = "Miss", status: int = 200) -> list[HttpAnswer]:
        told = (("x-amz-cf-pop", "TST1-P1"), ("x-cache", f"{word} from cloudfront"))
        return [HttpAnswer(HOME, status, (*headers, *told))]

    third = tuple(
        (name, "default-src *; img-src 'none'" if name == REPORT_ONLY else value) for name, value in FRESH
    )
    fake = FakeSite(
        overrides={
            "/none": answers(),
            "/stale": answers(*STALE, ("age", "90"), word="Hit"),
            "/twice": answers(*FRESH, (REPORT_ONLY, "img-src *"), ("referrer-policy", "origin")),
            "/third": answers(*third, ("x-odd", "\x1b[31m|")),
            "/broken": answers(word="LambdaValidationError", status=502),
        }
    )
    paths = ("/none", "/stale", "/twice", "/third", "/broken")
    behaviors: dict[str, int | str | None] = {**dict.fromkeys(paths, 2), "/none": None}
    urls = (*(f"https://{HOST}{path}" for path in paths), "https://other.test/\x1b[31m|x")
    fake.overrides["/\x1b[31m|x"] = [HttpAnswer(HOME, None, error="the host name | cannot be resolved")]
    return looked(fake, site_of(distribution(behaviors)), *urls, timeout=3)


def other_release() -> Verified:
    return looked(FakeSite(), site_of(distribution({"/": 2})), HOME, expected=replace(EXPECTED, live=3))


RUNS = {"ok": ok, "failing": failing}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("width", [100, 40])
def test_a_run_is_text(name: str, width: int, golden: Callable[[str, str], None]) -> None:
    golden(f"verify-{name}-{width}", text_of(verify_document(RUNS[name](), "testing"), width))


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_markdown(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"verify-{name}-markdown", markdown_of(verify_document(RUNS[name](), "testing")))


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_a_json_document(name: str, golden: Callable[[str, str], None]) -> None:
    golden(f"verify-{name}-json", json_text(verify_json(RUNS[name](), "testing", spell)))


def test_what_a_site_sends_brings_no_control_characters() -> None:
    found = verify_document(failing(), "testing")
    assert "\x1b" not in text_of(found) + markdown_of(found)


def test_signs_have_stand_ins_in_ascii() -> None:
    assert text_of(verify_document(failing(), "testing"), 100, ASCII).isascii()


def test_another_release_than_the_live_one_is_told() -> None:
    found = verify_document(other_release(), "testing")
    assert text_of(found).startswith("testing: release 2 at origin-response, though 3 is live\n")
    assert "though 3 is live" in markdown_of(found)
