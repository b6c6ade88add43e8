from __future__ import annotations

import pytest

from edgerollout.net.answer import HttpAnswer
from edgerollout.policy.csp import Csp
from edgerollout.scaffold.starting_policy import CAREFUL_CSP, StartingPolicy, from_scratch, from_site

URL = "https://www.example.com/"


def answer(
    *headers: tuple[str, str], url: str = URL, status: int = 200, redirect: bool = False
) -> HttpAnswer:
    told = (("x-cache", "Redirect from cloudfront"),) if redirect else ()
    return HttpAnswer(url, status, (*headers, *told))


def sent(policy: StartingPolicy) -> dict[str, str]:
    return {header.header.name: header.header.value for header in policy.headers if not header.offered}


def rules(policy: StartingPolicy) -> list[str]:
    return [finding.rule for finding in policy.findings]


def test_todays_security_headers_are_kept_and_others_are_not_ours() -> None:
    policy = from_site(
        (
            answer(
                ("x-frame-options", "SAMEORIGIN"),
                ("nel", "{}"),
                ("server", "S3"),
                ("cache-control", "no-store"),
            ),
        )
    )

    assert sent(policy)["x-frame-options"] == "SAMEORIGIN"
    assert sent(policy)["nel"] == "{}"
    assert not {"server", "cache-control"} & sent(policy).keys()
    assert policy.findings == ()


def test_what_may_break_a_page_is_only_offered_to_a_site_that_does_not_send_it() -> None:
    policy = from_site((answer(),))

    offered = {header.header.name for header in policy.headers if header.offered}
    assert offered == {"x-frame-options", "permissions-policy", "cross-origin-opener-policy"}
    assert sent(policy)["x-content-type-options"] == "nosniff"
    assert all(not header.offered for header in from_scratch().headers)


@pytest.mark.parametrize(
    ("headers", "origin", "csp"),
    [
        ((), "default", CAREFUL_CSP),
        ((("content-security-policy", "img-src *"),), "enforced", Csp.parse("img-src *")),
        ((("content-security-policy-report-only", "img-src *"),), "report-only", Csp.parse("img-src *")),
        (
            (("content-security-policy-report-only", "img-src a"), ("content-security-policy", "img-src b")),
            "enforced",
            Csp.parse("img-src b"),
        ),
        ((("content-security-policy", " ; "),), "default", CAREFUL_CSP),
    ],
)
def test_the_csp_starts_from_what_is_enforced_then_from_what_is_reported_on(
    headers: tuple[tuple[str, str], ...], origin: str, csp: Csp
) -> None:
    policy = from_site((answer(*headers),))

    assert (policy.csp_from, policy.csp) == (origin, csp)


def test_pages_that_enforce_different_csps_are_told() -> None:
    policy = from_site(
        (
            answer(("content-security-policy", "img-src a.example")),
            answer(("content-security-policy", "img-src b.example"), url=f"{URL}b"),
        )
    )

    assert rules(policy) == ["csp-today"]
    assert policy.csp == Csp.parse("img-src a.example")
    assert "a.example" in str(policy.findings[0].hint)


def test_a_nonce_is_left_out_and_told() -> None:
    policy = from_site((answer(("content-security-policy", "script-src 'self' 'nonce-abc'; img-src *")),))

    assert policy.csp == Csp.parse("script-src 'self'; img-src *")
    assert "csp-nonce" in rules(policy)


def test_what_no_release_could_send_is_left_out_and_told() -> None:
    policy = from_site(
        (answer(("content-security-policy", "scrpt-src 'self'; img-src *"), ("nel", "caf\u00e9")),)
    )

    assert policy.csp == Csp.parse("img-src *")
    assert "nel" not in sent(policy)
    assert rules(policy) == ["csp-left-out", "header-left-out"]


def test_a_header_that_pages_differ_in_is_taken_from_the_first_and_told() -> None:
    pages = (answer(("referrer-policy", "origin")), answer(url=f"{URL}b"))
    policy = from_site(pages)

    assert sent(policy)["referrer-policy"] == "origin"
    assert rules(policy) == ["headers-differ"]
    assert "Referrer-Policy" in policy.findings[0].message


@pytest.mark.parametrize(
    "heard",
    [
        (),
        (HttpAnswer(URL, error="no answer"),),
        (answer(("x-frame-options", "DENY"), status=503),),
        (answer(("x-frame-options", "DENY"), redirect=True),),
    ],
)
def test_without_a_page_that_tells_it_is_the_careful_policy(heard: tuple[HttpAnswer, ...]) -> None:
    assert from_site(heard) == from_scratch()


@pytest.mark.parametrize(
    ("value", "lasting"),
    [("max-age=300", ()), ("max-age=31536000; includeSubDomains", ("strict-transport-security",))],
)
def test_it_knows_what_cannot_be_taken_back(value: str, lasting: tuple[str, ...]) -> None:
    assert from_site((answer(("strict-transport-security", value)),)).lasting == lasting
