"""Every hop of every request against the policy of its document."""

from __future__ import annotations

import pytest

from edgerollout.tour.matching import misframed, unreported
from edgerollout.tour.model import PageRequest, Record
from edgerollout.tour.traffic import Policies

OWN = "https://www.example.com"
PAGE = f"{OWN}/page"
THIRD = "https://cdn.example.net"


def _found(policy: str, *requests: PageRequest, told: tuple[Record, ...] = ()) -> list[tuple[str, str, str]]:
    main = Policies(PAGE, report_only=(policy,))
    found = unreported(
        requests, {PAGE: main}, told, page=PAGE, main=main, own_origins=frozenset({OWN})
    )  # fmt: skip
    return [(record.directive, record.blocked, record.redirect_target) for record in found]


def _request(*chain: str, destination: str = "image", document: str = PAGE) -> PageRequest:
    return PageRequest(chain, destination, "parser", document)


def test_a_redirect_to_another_host_is_told_with_where_it_leads_to() -> None:
    request = _request(f"{OWN}/logo", f"{THIRD}/logo.png")
    assert _found("img-src 'self'", request) == [("img-src", f"{OWN}/logo", f"{THIRD}/logo.png")]


def test_after_a_redirect_the_path_does_not_count() -> None:
    assert _found(f"img-src 'self' {THIRD}/only/", _request(f"{OWN}/logo", f"{THIRD}/logo.png")) == []


@pytest.mark.parametrize(
    "blocked", [f"{OWN}/logo", f"{THIRD}/logo.png", THIRD], ids=["asked for", "target", "origin alone"]
)
def test_what_another_channel_told_is_not_told_again(blocked: str) -> None:
    told = Record("report", PAGE, PAGE, "img-src", blocked, "report")
    assert _found("img-src 'self'", _request(f"{OWN}/logo", f"{THIRD}/logo.png"), told=(told,)) == []


def test_scripts_that_a_nonce_a_hash_or_trust_may_allow_are_left_alone() -> None:
    request = _request(f"{THIRD}/x.js", destination="script")
    for trusted in (
        "'nonce-abc'",
        "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "'strict-dynamic'",
    ):
        assert _found(f"script-src {trusted}", request) == []
    assert _found("script-src 'self'", request) != []


def test_a_prefetch_is_allowed_by_whatever_allows_it() -> None:
    request = _request(f"{THIRD}/next.js", destination="prefetch")
    assert _found("default-src 'self'", request) == [("default-src", f"{THIRD}/next.js", "")]
    assert _found(f"default-src 'self'; script-src {THIRD}", request) == []


def test_requests_of_foreign_documents_are_theirs() -> None:
    assert _found("img-src 'self'", _request(f"{THIRD}/x.png", document="https://frame.example/")) == []


def test_a_document_without_a_host_has_the_policy_of_its_page() -> None:
    assert _found("img-src 'self'", _request(f"{THIRD}/x.png", document="about:srcdoc")) != []


def test_every_document_around_a_framed_one_counts() -> None:
    framed = {PAGE: Policies(PAGE, report_only=("frame-ancestors 'self'",))}
    around = (f"{OWN}/outer", "https://foreign.example/x", f"{OWN}/top")
    found = list(misframed([(PAGE, around)], framed, page=f"{OWN}/top", own_origins=frozenset({OWN})))
    assert [(record.document, record.blocked) for record in found] == [(PAGE, "https://foreign.example")]
