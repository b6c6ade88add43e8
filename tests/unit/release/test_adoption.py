"""`--replace`: whose slots are taken, what is carried over, what is refused, what a re-run finds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import Refused, UsageError
from edgerollout.net.answer import HttpAnswer
from edgerollout.policy.csp import Csp, LayeredCsp
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.distribution_document import moved
from edgerollout.release.delivery.steps import Action, SwapTriggers
from edgerollout.release.facts.reads import ReadSite
from edgerollout.release.facts.release import ReplacedTrigger
from edgerollout.release.facts.replaced_tags import replaced_tags
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, Trigger
from edgerollout.release.plans.adoption import functions_named
from edgerollout.release.plans.finishing import plan_wait
from edgerollout.release.plans.plan import MarkReleases, Plan
from edgerollout.release.plans.publish import plan_publish
from edgerollout.release.plans.rollback import RollbackRequest, plan_rollback
from tests.fakes.answers import planned
from tests.spelling import said
from tests.unit.release.builders import (
    ACCOUNT,
    FOREIGN_ARN,
    FUNCTION_ARN,
    ORIGIN,
    P1,
    VIEWER,
    arn,
    make_behavior,
    make_distribution,
    make_environment,
    make_function,
    make_invalidation,
    make_release,
    make_request,
    make_snapshot,
)

if TYPE_CHECKING:
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.release import Release
    from edgerollout.release.facts.snapshot import Behavior, Distribution, Snapshot
    from edgerollout.release.plans.desired import PublishRequest

FOREIGN = FOREIGN_ARN.rpartition(":")[0]
OLD = "default-src 'self' https:"
SITE = "https://e1.example.com/"
API = "https://e1.example.com/api/health"
TAKEN = ReplacedTrigger("E1", DEFAULT_BEHAVIOR, ORIGIN, FOREIGN_ARN)

REDIRECT = (("x-cache", "Redirect from cloudfront"),)


def answer(*csp: str, url: str = SITE, **headers: str) -> HttpAnswer:
    """A page that is sent with these CSP headers, and others (`x_team` for x-team)."""
    policies = tuple(("content-security-policy", value) for value in csp)
    others = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return HttpAnswer(url, 200, (*policies, *others))


def adopting(*named: str, **more: object) -> PublishRequest:
    return replace(make_request(**more), replace=frozenset(named or (FOREIGN,)))  # type: ignore[arg-type]


def a_site(*answers: HttpAnswer, behaviors: tuple[Behavior, ...] = (), **more: object) -> Snapshot:
    """One distribution with the foreign function on its default behavior, unless told otherwise."""
    distribution = make_distribution("E1", *(behaviors or (make_behavior(version=FOREIGN_ARN),)))
    return replace(make_snapshot(distribution, **more), site=answers)  # type: ignore[arg-type]


def adopted(snapshot: Snapshot, **more: object) -> Release:
    plan = planned(plan_publish, adopting(**more), snapshot)
    assert plan.errors == ()
    assert plan.release is not None
    return plan.release


def rules(plan: Plan) -> list[str]:
    return [finding.rule for finding in plan.findings]


# --- the argument ------------------------------------------------------------------------------------


def test_a_function_may_be_named_by_its_arn_or_by_that_of_a_version() -> None:
    assert functions_named([FOREIGN, FOREIGN_ARN], make_environment()) == {FOREIGN}


@pytest.mark.parametrize(
    ("word", "told"),
    [
        pytest.param("redirects", "is not the ARN of a function", id="a bare name"),
        pytest.param(FOREIGN + ":$LATEST", "is not the ARN of a function", id="$LATEST"),
        pytest.param(FOREIGN + ":live", "is not the ARN of a function", id="an alias"),
        pytest.param("arn:aws:lambda:", "is not the ARN of a function", id="a stump"),
        pytest.param(FOREIGN.replace("us-east-1", "eu-west-1"), "eu-west-1", id="another region"),
        pytest.param(FOREIGN.replace(ACCOUNT, "210987654321"), "210987654321", id="another account"),
    ],
)
def test_what_cloudfront_could_not_run_here_is_refused_before_anything_is_read(word: str, told: str) -> None:
    with pytest.raises(UsageError) as error:
        functions_named([word], make_environment())
    assert told in str(error.value)
    assert f"--replace arn:aws:lambda:us-east-1:{ACCOUNT}:function:NAME" in said(error.value.hint)


@pytest.mark.parametrize(
    ("named", "behaviors", "why", "hint"),
    [
        pytest.param(
            FOREIGN.replace("redirects", "redirect"),
            (make_behavior(version=FOREIGN_ARN),),
            None,
            f"There is: --replace {FOREIGN}",
            id="a slip of the pen",
        ),
        pytest.param(
            FOREIGN,
            (make_behavior(more=(Trigger(VIEWER, FOREIGN_ARN),)),),
            "it is on viewer-response of e1.example.com Default (*); to take that over, set function.event",
            "plan -e testing",
            id="on another event",
        ),
        pytest.param(
            FOREIGN,
            (make_behavior("/old/*", FOREIGN_ARN), make_behavior()),
            "it is on e1.example.com /old/*, which is excluded",
            "plan -e testing",
            id="on an excluded behavior",
        ),
    ],
)
def test_a_function_on_no_slot_is_a_usage_error_that_helps(
    named: str, behaviors: tuple[Behavior, ...], why: str | None, hint: str
) -> None:
    request = adopting(named, environment=make_environment(exclude=("/old/*",)))
    with pytest.raises(UsageError) as error:
        planned(plan_publish, request, a_site(behaviors=behaviors))
    assert (error.value.why or "").startswith(why or "")
    assert hint in said(error.value.hint)


# --- what is taken over ------------------------------------------------------------------------------


def test_a_named_function_is_replaced_on_every_slot_it_has_and_remembered() -> None:
    behaviors = (
        make_behavior("/api/*", FOREIGN_ARN),
        make_behavior("/bare/*"),
        make_behavior(version=FOREIGN_ARN),
    )
    plan = planned(plan_publish, adopting(), a_site(answer(), answer(url=API), behaviors=behaviors))

    assert [(row.path, row.action, row.before) for row in plan.distributions[0].behaviors] == [
        ("/api/*", Action.REPLACE, FOREIGN_ARN),
        ("/bare/*", Action.ATTACH, None),
        (DEFAULT_BEHAVIOR, Action.REPLACE, FOREIGN_ARN),
    ]
    [swap] = [step for step in plan.distributions[0].steps if isinstance(step, SwapTriggers)]
    assert swap.intent.replaceable == {FOREIGN}
    assert plan.release is not None
    assert plan.release.replaced == (ReplacedTrigger("E1", "/api/*", ORIGIN, FOREIGN_ARN), TAKEN)
    assert plan.errors == ()


def test_a_function_that_is_not_named_keeps_its_slot() -> None:
    other = FOREIGN_ARN.replace("redirects", "images")
    behaviors = (make_behavior("/img/*", other), make_behavior(version=FOREIGN_ARN))
    plan = planned(plan_publish, adopting(), a_site(answer(), behaviors=behaviors))

    assert [row.action for row in plan.distributions[0].behaviors] == [Action.FOREIGN, Action.REPLACE]
    assert [finding.rule for finding in plan.errors] == ["slot-taken"]
    assert plan.release is not None
    assert plan.release.replaced == (TAKEN,)


def asks_the_site(request: PublishRequest, snapshot: Snapshot) -> bool:
    asked: set[Read] = set()
    planned(plan_publish, request, snapshot, asked=asked)
    return ReadSite() in asked


def test_the_site_is_read_only_where_a_slot_is_taken_over() -> None:
    assert asks_the_site(adopting(), a_site(answer()))
    assert not asks_the_site(make_request(), a_site(answer()))


@pytest.mark.parametrize(
    ("now", "surprise"),
    [
        pytest.param(FOREIGN_ARN, False, id="as it was"),
        pytest.param(arn(1), False, id="our edit is there already"),
        pytest.param(FOREIGN + ":8", True, id="another version of it, which would not be remembered"),
    ],
)
def test_a_slot_is_taken_over_only_from_the_version_that_is_remembered(now: str, surprise: bool) -> None:
    plan = planned(plan_publish, adopting(), a_site(answer()))
    [swap] = [step for step in plan.distributions[0].steps if isinstance(step, SwapTriggers)]
    assert bool(moved((make_behavior(version=now),), swap.intent, arn(1))) == surprise


# --- what is carried over ----------------------------------------------------------------------------


def test_the_csp_of_today_stays_enforced_and_ours_is_observed_beside_it() -> None:
    release = adopted(a_site(answer(OLD)))
    assert release.enforced == LayeredCsp(Csp.parse(OLD))
    assert release.report_only == P1


def test_without_a_csp_today_nothing_is_carried_and_existing_ones_are_not_touched() -> None:
    release = adopted(a_site(answer()))
    assert (release.enforced, release.report_only) == (None, P1)
    response = release.response()
    assert "content-security-policy" not in {*response.set, *response.keep, *response.remove}


def test_a_csp_of_today_that_is_the_configured_one_is_enforced_and_nothing_is_left_to_observe() -> None:
    release = adopted(a_site(answer(P1.effective.header_value().upper().replace("SELF", "self"))))
    assert (release.enforced, release.report_only) == (P1, None)


def test_where_policies_come_by_promotion_the_csp_of_today_is_carried_all_the_same() -> None:
    release = adopted(a_site(answer(OLD)), environment=make_environment(after="staging"))
    assert (release.enforced, release.report_only) == (LayeredCsp(Csp.parse(OLD)), None)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        pytest.param((), "it has no urls", id="no urls"),
        pytest.param((HttpAnswer(SITE, error="no answer within 10 s"),), "no answer", id="no answer"),
        pytest.param((HttpAnswer(SITE, 503),), "status 503", id="the site fails"),
        pytest.param(
            (HttpAnswer(SITE, 301, (("x-cache", "Redirect from cloudfront"),)),),
            "only redirect",
            id="only redirects",
        ),
        pytest.param((answer(OLD), answer(url=API)), "enforces none", id="on one page only"),
        pytest.param((answer(OLD), answer("img-src *", url=API)), "different CSPs", id="two pages differ"),
        pytest.param((answer(OLD, "img-src *"),), "2 CSPs at once", id="two headers"),
        pytest.param((answer(OLD + ", img-src *"),), "2 CSPs at once", id="two in one header"),
        pytest.param((answer("script-src 'Nonce-abc'"),), "a nonce", id="a nonce"),
        pytest.param((answer("default-src \u00e4"),), "not ASCII", id="not ASCII"),
    ],
)
def test_a_csp_that_cannot_be_told_or_carried_is_refused(answers: tuple[HttpAnswer, ...], said: str) -> None:
    with pytest.raises(Refused, match=said):
        planned(plan_publish, adopting(), a_site(*answers))


def test_spelling_makes_no_difference_between_pages() -> None:
    pages = (answer("default-src 'self' https:"), answer("DEFAULT-SRC https: 'SELF' ;", url=API))
    assert adopted(a_site(*pages)).enforced == LayeredCsp(Csp.parse(OLD))


def test_behaviors_no_url_leads_to_are_taken_to_do_as_the_same_version_does_elsewhere() -> None:
    behaviors = (make_behavior("/img/*", FOREIGN_ARN), make_behavior(version=FOREIGN_ARN))
    plan = planned(plan_publish, adopting(), a_site(answer(OLD), behaviors=behaviors))
    [finding] = [finding for finding in plan.findings if finding.rule == "csp-assumed"]
    assert "/img/*" in finding.message


def test_a_version_of_which_no_url_shows_anything_is_refused() -> None:
    behaviors = (make_behavior("/img/*", FOREIGN + ":8"), make_behavior(version=FOREIGN_ARN))
    with pytest.raises(
        Refused, match=r"redirects:8 enforces today: no URL leads to e1\.example\.com /img/\*"
    ):
        planned(plan_publish, adopting(), a_site(answer(OLD), behaviors=behaviors))


def test_headers_that_may_go_with_the_old_function_are_listed() -> None:
    page = answer(
        OLD, x_team="blue", cache_control="no-cache", date="now", x_amz_cf_id="1", referrer_policy="origin"
    )
    plan = planned(plan_publish, adopting(), a_site(page))
    said = {finding.rule: finding for finding in plan.findings}
    assert said["headers-of-today"].severity is Severity.WARNING
    assert "also sends Cache-Control and X-Team today" in said["headers-of-today"].message
    assert "Referrer-Policy: origin becomes no-referrer" in said["headers-change"].message


# --- beside a live release of ours -------------------------------------------------------------------

MIXED = (make_behavior("/api/*", FOREIGN_ARN), make_behavior(version=1))


@pytest.mark.parametrize(
    ("today", "said"),
    [
        pytest.param(P1.effective.header_value(), None, id="the same"),
        pytest.param(OLD, "another CSP than the live release", id="another"),
    ],
)
def test_a_live_release_that_enforces_goes_on_only_with_the_same_csp(today: str, said: str | None) -> None:
    live = make_release(enforced=P1)
    snapshot = a_site(answer(today, url=API), behaviors=MIXED, releases={1: live})
    if said is None:
        assert adopted(snapshot).enforced == P1
    else:
        with pytest.raises(Refused, match=said):
            planned(plan_publish, adopting(), snapshot)


def test_a_slot_the_live_release_does_not_remember_makes_a_new_release_of_the_same_content() -> None:
    snapshot = a_site(answer(url=API), behaviors=MIXED, releases={1: make_release(report_only=P1)})
    plan = planned(plan_publish, adopting(), snapshot)
    assert plan.target is None
    assert plan.release is not None
    assert (plan.release.previous, plan.release.repeats) == (1, 1)
    assert [trigger.path for trigger in plan.release.replaced] == ["/api/*"]


# --- running it again --------------------------------------------------------------------------------


def test_a_release_that_was_published_and_not_swapped_in_is_resumed() -> None:
    begun = replace(make_release(enforced=LayeredCsp(Csp.parse(OLD)), report_only=P1), replaced=(TAKEN,))
    plan = planned(plan_publish, adopting(), a_site(answer(OLD), releases={1: begun}))
    assert (plan.target, plan.function_steps) == (1, (MarkReleases(replaced=(TAKEN,)),))


def test_what_the_tags_keep_already_is_not_noted_again() -> None:
    begun = replace(make_release(enforced=LayeredCsp(Csp.parse(OLD)), report_only=P1), replaced=(TAKEN,))
    snapshot = a_site(answer(OLD), releases={1: begun})
    assert snapshot.function is not None
    tagged = replace(snapshot.function, tags=replaced_tags(1, (TAKEN,)))
    assert planned(plan_publish, adopting(), replace(snapshot, function=tagged)).function_steps == ()


def test_a_take_over_that_cloudfront_dropped_is_finished_by_the_same_command() -> None:
    begun = replace(make_release(enforced=LayeredCsp(Csp.parse(OLD)), report_only=P1), replaced=(TAKEN,))
    dropped = a_site(answer(OLD), behaviors=(make_behavior(),), releases={1: begun})
    assert dropped.function is not None
    with pytest.raises(UsageError):
        planned(plan_publish, adopting(), dropped)
    tagged = replace(dropped.function, tags=replaced_tags(1, (TAKEN,)))
    plan = planned(plan_publish, adopting(), replace(dropped, function=tagged))
    assert "replace-done" in rules(plan)
    assert not plan.errors


def test_tags_that_do_not_fit_beside_the_others_are_a_warning_and_are_not_written() -> None:
    snapshot = a_site(answer(OLD))
    assert snapshot.function is not None
    full = replace(snapshot.function, tags={f"team-{n}": "" for n in range(40)})
    plan = planned(plan_publish, adopting(), replace(snapshot, function=full))
    assert not any(isinstance(step, MarkReleases) for step in plan.function_steps)
    told = [finding.message for finding in plan.findings if finding.rule == "replaced-untagged"]
    assert len(told) == 1
    assert "needs 1 tags on the function, and 0 are free" in told[0]


def test_a_release_that_does_not_remember_what_it_replaces_is_published_anew() -> None:
    begun = make_release(enforced=LayeredCsp(Csp.parse(OLD)), report_only=P1)
    plan = planned(plan_publish, adopting(), a_site(answer(OLD), releases={1: begun}))
    assert plan.target is None


def test_a_half_done_adoption_is_finished_without_asking_the_site_again() -> None:
    live = replace(
        make_release(enforced=LayeredCsp(Csp.parse(OLD)), report_only=P1),
        replaced=(TAKEN, replace(TAKEN, distribution="E2")),
    )
    half: tuple[Distribution, ...] = (
        make_distribution("E1", make_behavior(version=1), minute=20),
        make_distribution("E2", make_behavior(version=FOREIGN_ARN)),
    )
    snapshot = make_snapshot(*half, releases={1: live})
    request = adopting(environment=make_environment(distributions=("E1", "E2")))
    assert not asks_the_site(request, snapshot)
    assert planned(plan_publish, request, snapshot).target == 1


def test_wait_says_that_a_take_over_is_not_everywhere_and_changes_no_triggers() -> None:
    live = replace(make_release(report_only=P1), replaced=(replace(TAKEN, path="/api/*"),))
    plan = planned(plan_wait, make_environment(), a_site(behaviors=MIXED, releases={1: live}))
    assert plan.uncovered == ("e1.example.com",)
    assert rules(plan) == ["not-everywhere"]


@pytest.mark.parametrize("remembered", [True, False])
def test_when_all_is_taken_over_the_same_command_has_nothing_to_do(remembered: bool) -> None:
    live = replace(make_release(report_only=P1), replaced=(TAKEN,) if remembered else ())
    snapshot = a_site(
        behaviors=(make_behavior(version=1),), releases={1: live}, invalidations={"E1": make_invalidation(1)}
    )
    plan = planned(plan_publish, adopting(), snapshot)
    assert not plan.changes
    assert rules(plan) == ["replace-done"]


# --- our own function, made by hand ------------------------------------------------------------------

BY_HAND = (make_behavior("/api/*", 2), make_behavior(version=3))
HANDS = make_function({1: None, 2: None, 3: None})


def test_our_own_function_made_by_hand_is_an_error_that_says_how_to_take_it_over() -> None:
    plan = planned(
        plan_publish, make_request(), a_site(behaviors=(make_behavior(version=3),), function=HANDS)
    )
    [finding] = plan.errors
    assert finding.rule == "live-unknown"
    assert f"--replace {FUNCTION_ARN}," in said(finding.hint)


def test_our_own_function_made_by_hand_is_taken_over_whatever_its_versions() -> None:
    plan = planned(
        plan_publish,
        adopting(FUNCTION_ARN),
        a_site(answer(OLD), answer(OLD, url=API), behaviors=BY_HAND, function=HANDS),
    )
    assert plan.errors == ()
    assert plan.release is not None
    assert plan.release.previous is None
    assert plan.release.enforced == LayeredCsp(Csp.parse(OLD))
    assert [(trigger.path, trigger.arn) for trigger in plan.release.replaced] == [
        ("/api/*", arn(2)),
        (DEFAULT_BEHAVIOR, arn(3)),
    ]


def test_our_own_function_on_another_event_is_not_taken_over() -> None:
    behaviors = (make_behavior(version=3), make_behavior("/v/*", more=(Trigger(VIEWER, arn(2)),)))
    plan = planned(
        plan_publish, adopting(FUNCTION_ARN), a_site(answer(OLD), behaviors=behaviors, function=HANDS)
    )
    assert [finding.rule for finding in plan.errors] == ["live-unknown"]


def _given_back() -> Release:
    return replace(
        make_release(report_only=P1),
        replaced=(ReplacedTrigger("E1", "/api/*", ORIGIN, arn(2)), replace(TAKEN, arn=arn(3))),
    )


def test_a_rollback_gives_each_behavior_the_version_it_had() -> None:
    behaviors = (make_behavior("/api/*", 2), make_behavior(version=4))
    snapshot = a_site(behaviors=behaviors, releases={2: None, 3: None, 4: _given_back()})
    plan = planned(plan_rollback, RollbackRequest(make_environment()), snapshot)
    assert [(row.action, row.after) for row in plan.distributions[0].behaviors] == [
        (Action.KEEP, arn(2)),
        (Action.REPLACE, arn(3)),
    ]


def test_a_rollback_cut_off_after_its_swap_leaves_what_it_gave_back_and_clears_the_cache() -> None:
    tags = {"edgerollout:withdrawn:4": "", "edgerollout:unfinished:E1": "0 rollback"}
    function = make_function({2: None, 3: None, 4: _given_back()}, tags=tags)
    plan = planned(
        plan_rollback, RollbackRequest(make_environment()), a_site(behaviors=BY_HAND, function=function)
    )
    [distribution] = plan.distributions
    assert {row.action for row in distribution.behaviors} == {Action.KEEP}
    assert [type(step).__name__ for step in distribution.steps] == ["Invalidate"]
