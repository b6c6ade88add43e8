"""What of a tour counts against a policy, and when silence means that all is well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.release.facts.evidence import ROWS, Evidence
from edgerollout.tour.judgement import BLOCKED_BY_ENFORCED, TourVerdict, judge
from edgerollout.tour.model import Gathered, SelfTest, UnseenFile
from edgerollout.tour.noise import EXTENSION, FOREIGN
from edgerollout.tour.proof import ENFORCED_ONLY, NO_POLICY, SEVERAL_POLICIES, Subject, evidence_of
from tests.unit.tour.sightings import APP, CDN, PAGE, POLICY, gathered, record, visit

ENFORCED = Csp.parse("script-src 'self'")
SUBJECT = Subject("testing", "123456789012", ("E1",), "aws", 3, POLICY.digest())


def proof(
    tour: Gathered | None = None, verdict: TourVerdict | None = None, subject: Subject = SUBJECT
) -> Evidence:
    """The evidence of a tour; as written to a file and read back."""
    seen = gathered(visit()) if tour is None else tour
    found = evidence_of(seen, verdict or judge(seen, POLICY), subject)
    assert Evidence.from_bytes(found.to_bytes()) == found
    return found


def test_a_tour_without_violations_passes() -> None:
    verdict = judge(gathered(visit(), visit(url=f"{APP}/about")), POLICY)
    assert verdict.passed
    assert verdict.after == POLICY
    assert [(page.url, page.violations) for page in verdict.pages] == [(PAGE, 0), (f"{APP}/about", 0)]


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        ({"partial": ("Ctrl-C",)}, "Ctrl-C"),
        ({"self_test": SelfTest(("inline-script",), ("third-party-image",))}, "third-party-image"),
        ({"self_test": SelfTest(())}, "everything"),
        ({"asked": (PAGE, f"{APP}/never")}, f"{APP}/never was not visited"),
    ],
)
def test_silence_means_nothing_where_the_tour_was_not_whole(seen: dict[str, object], reason: str) -> None:
    tour = gathered(visit(), **seen)
    verdict = judge(tour, POLICY)
    assert verdict.clean
    assert not verdict.complete
    assert not verdict.passed
    assert any(reason in text for text in verdict.partial)
    assert not proof(tour).complete


def test_no_page_at_all_never_passes() -> None:
    assert not judge(gathered(), POLICY).passed


def test_a_page_that_was_not_seen_whole_says_why() -> None:
    tour = gathered(visit(incomplete=("it timed out",)))
    verdict = judge(tour, POLICY)
    assert verdict.pages[0].reasons == ("it timed out",)
    assert not verdict.passed
    assert proof(tour).pages[0].reason == "it timed out"


def test_a_dead_link_found_on_the_way_leaves_a_tour_whole_but_a_page_asked_for_does_not() -> None:
    gone = visit(url=f"{APP}/gone", incomplete=("answered 404",))
    gone = replace(gone, status=404)
    assert judge(gathered(visit(), gone, asked=(PAGE,)), POLICY).passed
    assert not judge(gathered(visit(), gone), POLICY).passed


def test_records_beyond_the_bound_are_never_a_clean_page() -> None:
    tour = gathered(visit(omitted=4_321))
    verdict = judge(tour, POLICY)
    assert (verdict.clean, verdict.complete, verdict.violations) == (False, False, 4_321)
    evidence = proof(tour)
    assert (evidence.clean, evidence.omitted) == (False, 4_321)


def test_documents_of_other_sites_and_extensions_are_left_out_and_counted() -> None:
    foreign = record(document="https://pay.example.org/frame")
    extension = record(blocked="chrome-extension://abcdef/a.js")
    injected = record(source="moz-extension://abcdef/b.js")
    verdict = judge(gathered(visit(foreign, extension, injected)), POLICY)
    assert verdict.passed
    assert verdict.dropped == {FOREIGN: 1, EXTENSION: 2}


def test_a_further_origin_of_the_site_s_own_is_no_other_site() -> None:
    seen = gathered(visit(record(document="https://assets.example.com/frame")))
    assert judge(seen, POLICY).clean
    assert not judge(seen, POLICY, own=["https://assets.example.com/"]).clean


def test_a_page_where_the_enforced_policy_blocked_something_is_partial_for_the_observed_one() -> None:
    blocked = record("script-src-elem", f"{CDN}/a.js", policy=ENFORCED, disposition="enforce")
    tour = gathered(visit(blocked), visit(url=f"{APP}/about"))
    verdict = judge(tour, POLICY)
    assert verdict.clean
    assert [page.reasons for page in verdict.pages] == [(BLOCKED_BY_ENFORCED,), ()]
    assert [cause.directive for cause in verdict.others] == ["script-src-elem"]
    evidence = proof(tour)
    assert (evidence.clean, evidence.complete) == (False, False)


def test_what_another_report_only_policy_says_is_told_apart() -> None:
    verdict = judge(gathered(visit(record(policy=Csp.parse("img-src 'none'")))), POLICY)
    assert verdict.passed
    assert len(verdict.others) == 1


def test_a_policy_toured_in_force_is_judged_by_what_it_blocks() -> None:
    tour = gathered(visit(record(policy=ENFORCED, disposition="enforce"), report_only=()))
    verdict = judge(tour, ENFORCED, disposition="enforce")
    assert len(verdict.rows) == 1
    assert verdict.pages[0].complete


# --- evidence --------------------------------------------------------------------------------------------


def test_clean_and_whole_evidence_names_what_was_toured() -> None:
    evidence = proof()
    assert (evidence.clean, evidence.complete, evidence.contradictions()) == (True, True, ())
    assert evidence.pages[0].digest == POLICY.digest()
    assert (evidence.release, evidence.digest, evidence.mode) == (3, POLICY.digest(), "deployed")


def test_a_dirty_tour_lists_what_it_saw_page_by_page() -> None:
    about = f"{APP}/about"
    tour = gathered(visit(record(), record(load=2)), visit(record(page=about), url=about))
    evidence = proof(tour)
    assert not evidence.clean
    assert [(row.page, row.directive, row.count) for row in evidence.rows] == [
        (PAGE, "img-src", 1),
        (about, "img-src", 1),
    ]


def test_violations_beyond_the_file_s_rows_are_counted() -> None:
    seen = [record("img-src", f"https://h{n}.example.net/a.png") for n in range(ROWS + 30)]
    evidence = proof(gathered(visit(*seen)))
    assert (len(evidence.rows), evidence.omitted, evidence.violations) == (ROWS, 30, ROWS + 30)


def test_a_deaf_detector_is_told_in_the_evidence() -> None:
    tour = gathered(visit(), self_test=SelfTest(("inline-script",), ("third-party-image",)))
    evidence = proof(tour)
    assert not evidence.self_test_passed
    assert not evidence.complete


def test_a_page_without_a_report_only_policy_is_incomplete() -> None:
    evidence = proof(gathered(visit(report_only=())))
    assert evidence.pages[0].digest is None
    assert evidence.pages[0].reason == NO_POLICY


def test_of_several_policies_on_a_page_the_toured_one_is_told() -> None:
    other = "img-src 'self'"
    evidence = proof(gathered(visit(report_only=(f"{other}, {POLICY.header_value()}",))))
    assert evidence.pages[0].digest == POLICY.digest()
    evidence = proof(gathered(visit(report_only=(other,))))
    assert evidence.pages[0].digest == Csp.parse(other).digest()


def test_the_digest_seen_is_that_of_what_report_only_can_say() -> None:
    layered = LayeredCsp(Csp.parse(f"{POLICY.header_value()}; upgrade-insecure-requests"))
    observed = layered.effective.for_report_only()
    tour = gathered(visit(report_only=(observed.header_value(),)))
    evidence = proof(tour, judge(tour, observed), replace(SUBJECT, digest=layered.digest))
    assert evidence.pages[0].digest != evidence.digest
    assert evidence.pages[0].digest == observed.digest()


def test_a_tour_of_an_enforced_policy_proves_nothing_about_an_observed_one() -> None:
    tour = gathered(visit(report_only=()))
    evidence = proof(tour, judge(tour, POLICY, disposition="enforce"))
    assert ENFORCED_ONLY in evidence.partial


def test_queries_of_a_tour_that_was_logged_in_are_written_nowhere() -> None:
    text, two = f"{APP}/account?token=secret", f"{APP}/account?token=other"
    tour = gathered(visit(record(page=text), url=text), visit(record(page=two), url=two), private=True)
    evidence = proof(tour)
    assert b"token" not in evidence.to_bytes()
    assert [(page.url, page.violations) for page in evidence.pages] == [(f"{APP}/account", 2)]
    mixed = gathered(visit(url=text), visit(url=two, report_only=("img-src 'self'",)), private=True)
    assert proof(mixed).pages[0].reason == SEVERAL_POLICIES


def test_a_host_that_need_not_answer_is_accepted_where_the_policy_allows_what_was_asked() -> None:
    policy = Csp.parse("default-src 'self'; style-src 'self' https://cdn.example.net")
    style = UnseenFile(f"{CDN}/fonts.css", "stylesheet", "cdn.example.net does not answer: stylesheet")
    script = UnseenFile(f"{CDN}/a.js", "script", "cdn.example.net does not answer: script")
    own = UnseenFile(f"{APP}/own.css", "stylesheet", "www.example.com does not answer: stylesheet")
    for unseen, hosts, accepted in (
        ((style,), ("cdn.example.net",), ("cdn.example.net",)),
        ((style,), (), ()),
        ((style,), ("example.net",), ()),
        ((script,), ("cdn.example.net",), ()),
        ((own,), ("www.example.com",), ()),
    ):
        reasons = tuple(file.reason for file in unseen)
        seen = visit(policy=policy, unseen=unseen, incomplete=reasons)
        found = judge(gathered(seen), policy, accept_unseen=hosts)
        assert found.accepted_unseen == accepted
        assert found.passed is bool(accepted)
        assert found.pages[0].reasons == (() if accepted else reasons)


def test_one_file_that_is_not_allowed_is_not_covered_by_another_of_the_same_reason() -> None:
    policy = Csp.parse("default-src 'self'; style-src https://cdn.example.net/a/")
    reason = "cdn.example.net does not answer: stylesheet"
    unseen = tuple(UnseenFile(f"{CDN}/{folder}/x.css", "stylesheet", reason) for folder in "ab")
    seen = visit(policy=policy, unseen=unseen, incomplete=(reason,))
    assert not judge(gathered(seen), policy, accept_unseen=("cdn.example.net",)).passed
