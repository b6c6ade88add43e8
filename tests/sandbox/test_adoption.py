"""A site that has a function already: taken over, remembered, carried on, given back."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.faults import FaultRule
from edgerollout.errors import ExitCode, Refused, UsageError
from edgerollout.policy.csp import Csp
from edgerollout.release.delivery.distribution_document import edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.facts.events import Noticed, RunResult
from edgerollout.release.plans.adoption import functions_named
from edgerollout.rollout.ports import Document
from edgerollout.sandbox.tenant import Tenant
from tests.fakes.bundles import WAYS
from tests.spelling import said

from .rollout import Rollout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.config import Project
    from edgerollout.release.facts.events import Event
    from edgerollout.sandbox.running import RunningSandbox
    from tests.fakes.clock import FakeClock

PAGES = ("/", "/app/", "/assets/site.css", "/api/health.json", "/legacy/timetable.html")
"""One page behind every cache behavior."""

ENFORCED = "content-security-policy"
OLD_CSP = "default-src 'self' https:; object-src 'none'"
SOURCE = """\
def handler(event, context):
    cf = event["Records"][0]["cf"]
    response = cf["response"]
    headers = {"Content-Security-Policy": CSP, "X-Frame-Options": "SAMEORIGIN", "X-Team": "blue"}
    for name, value in headers.items():
        if not value:
            continue
        response["headers"][name.lower()] = [{"key": name, "value": value}]
    return response
"""


class Site:
    """The testing site with a function that somebody made and attached by hand."""

    def __init__(self, project: Project, sandbox: RunningSandbox, clock: FakeClock) -> None:
        self.rollout = Rollout(project, sandbox, clock)
        self.rollout.environment = replace(
            self.rollout.environment, urls=tuple(f"https://testing.example.com{page}" for page in PAGES)
        )
        self.tenant = Tenant(self.rollout.environment.account, sandbox.endpoint_url, sandbox.secret)
        self.session = self.rollout._session()

    def made(self, name: str, csp: str = repr(OLD_CSP)) -> str:
        """A function of that name, published by hand; `csp` is a Python expression. The version's ARN."""
        with self.at_once():
            return self.tenant.publish_function(name, SOURCE.replace("CSP,", f"{csp},"))

    def attach(self, arn: str, event: str = "origin-response") -> None:
        """By hand: on every behavior, and Deployed."""
        cloudfront = self.session.aws.cloudfront
        function, _, number = arn.rpartition(":")
        before = cloudfront.document(self.id)
        after = edit(before.xml, TriggerIntent(LambdaEdge(), function, event, int(number)), arn).xml
        with self.at_once():
            cloudfront.update(self.id, Document(before.etag, after))
        self.rollout.sandbox.calls.clear()

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """What happens within was long ago: nothing is pending or in progress any more."""
        sandbox = self.rollout.sandbox
        before = sandbox.plane.settings.windows
        none = dict.fromkeys(
            ("deploy_seconds", "invalidation_seconds", "function_seconds", "role_seconds"), 0.0
        )
        sandbox.set_windows(replace(before, **none))
        yield
        sandbox.set_windows(before)
        sandbox.plane.tick()

    @property
    def id(self) -> str:
        return next(
            distribution.id
            for distribution in self.session.aws.cloudfront.distributions()
            if "testing.example.com" in distribution.aliases
        )

    @property
    def triggers(self) -> set[str]:
        """Which versions run, the function's name and the number each."""
        found = self.session.aws.cloudfront.distribution(self.id).behaviors
        return {
            trigger.arn.rpartition(":function:")[2] for behavior in found for trigger in behavior.triggers
        }

    def writes(self) -> list[str]:
        reads = ("Get", "List", "Describe")
        made = (call.operation for call in self.rollout.sandbox.calls.calls())
        return [text for text in made if not text.startswith(reads)]

    def sent(self, name: str) -> list[tuple[str, ...]]:
        return [self.rollout.sent(page, name) for page in PAGES]


@pytest.fixture
def site(project: Project, sandbox: RunningSandbox, clock: FakeClock) -> Site:
    return Site(project, sandbox, clock)


def everywhere(value: str) -> list[tuple[str, ...]]:
    return [(value,)] * len(PAGES)


def test_a_foreign_function_is_taken_over_in_one_update_and_its_csp_goes_on_being_enforced(
    site: Site,
) -> None:
    old = site.made("old-headers")
    site.attach(old)
    rollout = site.rollout
    assert site.sent(ENFORCED) == everywhere(OLD_CSP)
    unprotected: list[str] = []

    def watch(event: Event) -> None:
        unprotected.extend(page for page in PAGES if rollout.sent(page, ENFORCED) != (OLD_CSP,))

    rollout.watch = watch
    named = functions_named([old], rollout.environment)
    outcome = rollout.publish(replace=named)

    assert (outcome.result, outcome.exit_code) == (RunResult.COMPLETED, ExitCode.DONE)
    assert unprotected == []
    assert rollout.calls("UpdateDistribution") == 1
    assert site.triggers == {f"{rollout.environment.function.name}:1"}
    release = rollout.live_release()
    assert release.enforced is not None
    assert release.enforced.effective == Csp.parse(OLD_CSP)
    assert release.report_only is not None
    wanted = release.report_only.effective.for_report_only().header_value()
    assert site.sent("content-security-policy-report-only") == everywhere(wanted)
    assert {trigger.arn for trigger in release.replaced} == {old}
    assert len(release.replaced) == len(PAGES)

    assert rollout.publish(replace=named).result is RunResult.NOTHING_TO_DO
    assert rollout.publish().result is RunResult.NOTHING_TO_DO


def test_rolling_the_first_release_back_gives_the_slots_back(site: Site) -> None:
    old = site.made("old-headers")
    site.attach(old)
    rollout = site.rollout
    rollout.publish(replace=functions_named([old], rollout.environment))

    outcome = rollout.rollback()

    assert outcome.result is RunResult.COMPLETED
    assert site.triggers == {"old-headers:1"}
    assert site.sent("x-team") == everywhere("blue")
    assert site.sent("content-security-policy-report-only") == [()] * len(PAGES)


@pytest.fixture
def adopted(site: Site) -> Site:
    """Our first release is live, and took over somebody's function on every behavior."""
    old = site.made("old-headers")
    site.attach(old)
    site.rollout.publish(replace=functions_named([old], site.rollout.environment))
    assert site.triggers == {"security-headers-testing:1"}
    assert list(site.rollout.tags()) == ["edgerollout:replaced:1:1/1"]
    site.rollout.sandbox.calls.clear()
    return site


def test_the_first_release_is_taken_back_by_the_tags_alone(adopted: Site) -> None:
    adopted.rollout.turn(1, WAYS["encrypted"])

    outcome = adopted.rollout.rollback()

    assert outcome.result is RunResult.COMPLETED
    assert adopted.triggers == {"old-headers:1"}
    assert adopted.sent("x-team") == everywhere("blue")
    assert adopted.rollout.tags() == {}, "they have nothing to say any more"


def test_where_the_bundle_tells_it_the_tags_go_as_well(adopted: Site) -> None:
    assert adopted.rollout.rollback().result is RunResult.COMPLETED
    assert adopted.triggers == {"old-headers:1"}
    assert adopted.rollout.tags() == {}


def test_with_neither_bundle_nor_tags_the_first_release_stays_and_detach_is_named(adopted: Site) -> None:
    rollout = adopted.rollout
    function = adopted.session.aws.functions.function(rollout.environment.function.name)
    assert function is not None
    adopted.session.aws.functions.untag(function.arn, list(rollout.tags()))
    rollout.turn(1, WAYS["encrypted"])
    rollout.sandbox.calls.clear()

    with pytest.raises(Refused, match="what it may have replaced is unknown") as refused:
        rollout.rollback()

    assert "its zip is encrypted" in (refused.value.why or "")
    assert "edgerollout detach -e testing" in said(refused.value.hint)
    assert adopted.writes() == []
    assert rollout.detach().result is RunResult.COMPLETED
    assert adopted.triggers == set()
    assert any("took over other functions is unknown" in finding.message for finding in rollout.found)
    assert rollout.tags() == {}, "it is given up"


def test_detach_says_what_stays_off_also_when_only_the_tags_know(adopted: Site) -> None:
    adopted.rollout.turn(1, WAYS["encrypted"])
    assert adopted.rollout.detach().result is RunResult.COMPLETED
    assert any("does not come back: old-headers:1" in finding.message for finding in adopted.rollout.found)
    assert adopted.rollout.tags() == {}


def test_without_the_right_to_tag_the_take_over_goes_on_with_a_warning(site: Site) -> None:
    old = site.made("old-headers")
    site.attach(old)
    rollout = site.rollout
    denied = FaultRule("TagResource", code="AccessDeniedException", status=403, message="not authorized")
    rollout.sandbox.faults.add(denied)

    outcome = rollout.publish(replace=functions_named([old], rollout.environment))

    assert outcome.exit_code is ExitCode.DONE
    assert site.triggers == {"security-headers-testing:1"}
    told = [event.message for event in rollout.events if isinstance(event, Noticed)]
    assert any("rolling it back will need its bundle" in text for text in told)


def test_our_own_function_published_by_hand_is_taken_over_and_given_back(site: Site) -> None:
    rollout = site.rollout
    name = rollout.environment.function.name
    old = site.made(name)
    site.attach(old)

    outcome = rollout.publish(replace=functions_named([old], rollout.environment))

    assert outcome.result is RunResult.COMPLETED
    assert site.triggers == {f"{name}:2"}
    assert rollout.live_release().previous is None
    assert site.sent(ENFORCED) == everywhere(OLD_CSP)
    assert rollout.calls("UpdateDistribution") == 1
    assert rollout.rollback().result is RunResult.COMPLETED
    assert site.triggers == {f"{name}:1"}
    assert site.sent("x-team") == everywhere("blue")


def test_a_site_without_a_csp_is_taken_over_with_nothing_to_carry(site: Site) -> None:
    old = site.made("old-headers", "''")
    site.attach(old)

    site.rollout.publish(replace=functions_named([old], site.rollout.environment))

    assert site.rollout.live_release().enforced is None
    assert site.triggers == {f"{site.rollout.environment.function.name}:1"}


@pytest.mark.parametrize(
    ("csp", "words"),
    [
        pytest.param(
            "\"default-src 'self'\" + cf['request']['uri'].startswith('/api') * ' data:'",
            "different CSPs",
            id="another one on one behavior",
        ),
        pytest.param("\"default-src 'self', object-src 'none'\"", "2 CSPs at once", id="two in one header"),
        pytest.param("\"script-src 'nonce-r4nd0m'\"", "a nonce", id="one with a nonce"),
    ],
)
def test_a_csp_that_one_release_cannot_carry_is_refused_and_nothing_is_written(
    site: Site, csp: str, words: str
) -> None:
    old = site.made("old-headers", csp)
    site.attach(old)

    with pytest.raises(Refused, match=words):
        site.rollout.publish(replace=functions_named([old], site.rollout.environment))

    assert site.writes() == []
    assert site.triggers == {"old-headers:1"}


def test_a_function_on_no_slot_is_told_with_the_nearest_one_and_nothing_is_written(site: Site) -> None:
    old = site.made("old-headers")
    site.attach(old)
    slip = old.replace("old-headers:1", "old-header")

    with pytest.raises(UsageError, match="it is not on origin-response") as error:
        site.rollout.publish(replace=functions_named([slip], site.rollout.environment))

    assert error.value.hint == f"There is: --replace {old.removesuffix(':1')}"
    assert site.writes() == []
