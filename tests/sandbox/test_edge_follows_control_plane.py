"""A function published and attached by hand: what visitors see, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from edgerollout.emulator.settings import Windows
from edgerollout.sandbox.tenant import Tenant, new_reference
from tests.sandbox.conftest import probe_of

if TYPE_CHECKING:
    from edgerollout.config import Project
    from edgerollout.probe.http import HttpProbe
    from edgerollout.sandbox.running import RunningSandbox
    from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.sandbox

PAGE = "https://testing.example.com/"
OTHER_PAGE = "https://testing.example.com/404.html"
MISSING = "https://testing.example.com/nowhere"
HEADER = "x-release"
WINDOWS = Windows(deploy_seconds=10, invalidation_seconds=5, function_seconds=0)
SOURCE = """\
def handler(event, context):
    response = event["Records"][0]["cf"]["response"]
    response["headers"]["x-release"] = [{"key": "X-Release", "value": "1"}]
    return response
"""


class ByHand:
    """What a person does in the console, with the account of `testing`."""

    def __init__(self, sandbox: RunningSandbox, project: Project) -> None:
        account = project.environments["testing"].account
        self.tenant = Tenant(account, sandbox.endpoint_url, sandbox.secret)
        self.cloudfront: Any = boto3.client(
            "cloudfront",
            endpoint_url=sandbox.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=f"AKIA{account}",
            aws_secret_access_key=sandbox.secret,
        )
        self.id = self.tenant.distributions()["testing.example.com"]

    def attach(self, arn: str, event: str) -> None:
        """Put the function on every behavior."""
        read = self.cloudfront.get_distribution_config(Id=self.id)
        config = read["DistributionConfig"]
        for behavior in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]):
            behavior["LambdaFunctionAssociations"] = {
                "Quantity": 1,
                "Items": [{"LambdaFunctionARN": arn, "EventType": event}],
            }
        self.cloudfront.update_distribution(Id=self.id, IfMatch=read["ETag"], DistributionConfig=config)

    def invalidate(self) -> None:
        paths = {"Quantity": 1, "Items": ["/*"]}
        batch = {"CallerReference": new_reference(), "Paths": paths}
        self.cloudfront.create_invalidation(DistributionId=self.id, InvalidationBatch=batch)

    @property
    def status(self) -> str:
        return str(self.cloudfront.get_distribution(Id=self.id)["Distribution"]["Status"])


@pytest.fixture
def by_hand(sandbox: RunningSandbox, project: Project) -> ByHand:
    sandbox.set_windows(WINDOWS)
    return ByHand(sandbox, project)


def published(by_hand: ByHand) -> str:
    return by_hand.tenant.publish_function("by-hand", SOURCE)


def seen(probe: HttpProbe, url: str) -> tuple[str | None, tuple[str, ...]]:
    answer = probe.headers(url)
    return answer.cache, answer.values(HEADER)


def test_a_page_is_old_until_deployed_and_stale_until_it_is_invalidated(
    sandbox: RunningSandbox, by_hand: ByHand, clock: FakeClock
) -> None:
    probe = probe_of(sandbox)
    arn = published(by_hand)
    assert seen(probe, PAGE) == ("Miss from cloudfront", ())

    by_hand.attach(arn, "origin-response")
    assert by_hand.status == "InProgress"
    assert seen(probe, PAGE) == ("Hit from cloudfront", ())
    assert seen(probe, OTHER_PAGE) == ("Miss from cloudfront", ()), "the old configuration still answers"

    clock.advance(10)
    assert by_hand.status == "Deployed"
    assert seen(probe, PAGE) == ("Hit from cloudfront", ()), "stale: cached before the function was there"
    assert seen(probe, "https://testing.example.com/moved.html") == ("Miss from cloudfront", ("1",))

    by_hand.invalidate()
    assert seen(probe, PAGE) == ("Hit from cloudfront", ()), "the invalidation takes its time"
    clock.advance(5)
    assert seen(probe, PAGE) == ("Miss from cloudfront", ("1",))
    assert seen(probe, PAGE) == ("Hit from cloudfront", ("1",)), "headers are cached with the page"


def test_viewer_response_needs_no_invalidation_and_leaves_error_pages_bare(
    sandbox: RunningSandbox, by_hand: ByHand, clock: FakeClock
) -> None:
    probe = probe_of(sandbox)
    arn = published(by_hand)
    seen(probe, PAGE)

    by_hand.attach(arn, "viewer-response")
    clock.advance(10)

    assert seen(probe, PAGE) == ("Hit from cloudfront", ("1",))
    assert seen(probe, MISSING) == ("Error from cloudfront", ())


def test_origin_response_is_on_error_pages_as_well(
    sandbox: RunningSandbox, by_hand: ByHand, clock: FakeClock
) -> None:
    arn = published(by_hand)

    by_hand.attach(arn, "origin-response")
    clock.advance(10)

    assert seen(probe_of(sandbox), MISSING)[1] == ("1",)


def test_a_cached_page_expires_when_the_sandboxs_time_is_moved_ahead(
    sandbox: RunningSandbox, by_hand: ByHand
) -> None:
    probe = probe_of(sandbox)
    seen(probe, PAGE)

    sandbox.plane.advance(3600)

    assert seen(probe, PAGE)[0] == "RefreshHit from cloudfront"


def test_a_deleted_distribution_answers_no_more(
    sandbox: RunningSandbox, by_hand: ByHand, clock: FakeClock
) -> None:
    read = by_hand.cloudfront.get_distribution_config(Id=by_hand.id)
    disabled = {**read["DistributionConfig"], "Enabled": False}
    updated = by_hand.cloudfront.update_distribution(
        Id=by_hand.id, IfMatch=read["ETag"], DistributionConfig=disabled
    )
    clock.advance(10)

    by_hand.cloudfront.delete_distribution(Id=by_hand.id, IfMatch=updated["ETag"])

    assert "testing.example.com" not in sandbox.resolver()
