"""`verify` on the sandbox's sites: right after a publish, and with one thing broken at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from edgerollout.net.network import Network
from edgerollout.probe.http import HttpProbe
from edgerollout.probe.live_headers import Expectation, Verified, verify_live
from edgerollout.probe.survey import AnswerKind
from edgerollout.probe.targets import Site
from edgerollout.release.facts.events import StepFinished, StepKind
from edgerollout.release.facts.header_comparison import DifferenceCause
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR
from edgerollout.rollout.reading import Siblings, needed_release, take_snapshot
from edgerollout.rollout.session import Pace
from tests.spelling import said

from .rollout import Rollout

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.config import Project
    from edgerollout.sandbox.running import RunningSandbox
    from tests.fakes.clock import FakeClock

HOME = "https://testing.example.com/"


@pytest.fixture
def rollout(project: Project, sandbox: RunningSandbox, clock: FakeClock) -> Rollout:
    return Rollout(project, sandbox, clock)


def look(rollout: Rollout, *, timeout: float = 0) -> Verified:
    """What the command does, in this process."""
    session = rollout._session()
    snapshot = take_snapshot(session, rollout.environment, Siblings({}))
    assert snapshot.function is not None
    number = snapshot.function.versions[-1].number
    release = needed_release(session.aws, snapshot.function, number, rollout.environment)
    before = (
        None
        if release.previous is None
        else needed_release(session.aws, snapshot.function, release.previous, rollout.environment).response()
    )
    sandbox = rollout.sandbox
    known: dict[str, tuple[str, int]] = sandbox.resolver()
    plain = {f"{host}:80": ("127.0.0.1", sandbox.http_port) for host in known}
    return verify_live(
        HttpProbe(Network(resolve={**known, **plain}, ca_file=sandbox.ca_file)),
        Site(rollout.environment, snapshot),
        (HOME,),
        Expectation(
            number, release.response(), rollout.environment.function.event, number, release.previous, before
        ),
        rollout.clock,
        timeout=timeout,
        pace=Pace(first=1, most=2),
        token=lambda: "edgerollout-0a1b2c3d",
    )


def behaviors(found: Verified, *, ok: bool) -> set[str]:
    return {probe.place.behavior.path for probe in found.probes if probe.place is not None and probe.ok is ok}


def edit(rollout: Rollout, change: Any) -> None:
    """Change the distribution's configuration as a colleague would."""
    client: Any = boto3.client(
        "cloudfront",
        endpoint_url=rollout.sandbox.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=f"AKIA{rollout.environment.account}",
        aws_secret_access_key=rollout.sandbox.secret,
    )
    [summary] = [
        item
        for item in client.list_distributions()["DistributionList"]["Items"]
        if "testing.example.com" in item["Aliases"].get("Items", [])
    ]
    found = client.get_distribution_config(Id=summary["Id"])
    change(found["DistributionConfig"])
    client.update_distribution(
        Id=summary["Id"], IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"]
    )


@pytest.mark.parametrize("event", ["origin-response", "viewer-response"])
def test_after_a_publish_every_behavior_is_as_the_release_says(rollout: Rollout, event: str) -> None:
    rollout.function(event=event)
    rollout.publish()

    found = look(rollout)

    assert [(probe.answer.kind, probe.probed.url, probe.why) for probe in found.probes if not probe.ok] == []
    assert behaviors(found, ok=True) == {DEFAULT_BEHAVIOR, "/assets/*", "/app/*", "/api/*", "/legacy/*"}
    seen = {probe.answer.kind for probe in found.probes}
    assert {
        AnswerKind.MISS,
        AnswerKind.HIT,
        AnswerKind.NOT_MODIFIED,
        AnswerKind.NOT_FOUND,
        AnswerKind.HEAD,
        AnswerKind.HTTPS_REDIRECT,
    } <= seen


def test_a_behavior_whose_trigger_somebody_took_off_is_named(rollout: Rollout) -> None:
    rollout.publish()

    def change(config: Any) -> None:
        [legacy] = [
            behavior
            for behavior in config["CacheBehaviors"]["Items"]
            if behavior["PathPattern"] == "/legacy/*"
        ]
        legacy["LambdaFunctionAssociations"] = {"Quantity": 0}

    edit(rollout, change)
    rollout.clock.sleep(600)
    found = look(rollout)

    assert behaviors(found, ok=False) == {"/legacy/*"}
    whys = {said(why) for probe in found.probes if not probe.ok for why in probe.why}
    assert any("the behavior /legacy/* does not have the release" in why for why in whys)


def test_what_the_cache_kept_of_the_old_release_is_named(rollout: Rollout) -> None:
    rollout.publish()
    assert rollout.sent("/")
    kept: list[Verified] = []

    def watch(event: object) -> None:
        if isinstance(event, StepFinished) and event.step is StepKind.AWAIT_DEPLOYED and not kept:
            kept.append(look(rollout))

    rollout.watch = watch
    rollout.publish(csp={"default-src": ["'self'"], "font-src": ["https://fonts.example.com"]})

    [found] = kept
    bad = [probe for probe in found.probes if not probe.ok]
    assert {probe.answer.kind for probe in bad} >= {AnswerKind.HIT}
    [difference] = bad[0].differences
    assert difference.cause(found.expectation.before) is DifferenceCause.LEFTOVER
    whys = [said(why) for probe in bad for why in probe.why]
    assert any("before release 2: invalidate it" in why for why in whys)
    assert look(rollout).ok


def test_a_handler_that_sets_something_else_is_named_by_directive(rollout: Rollout, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    source = (rollout.environment.function.handler / "index.py").read_text()
    (other / "index.py").write_text(
        source
        + "\nours = handler\n"
        + "def handler(event, context):\n"
        + "    response = ours(event, context)\n"
        + "    line = response['headers']['content-security-policy-report-only'][0]\n"
        + "    line['value'] = line['value'].replace(\"object-src 'none'\", \"object-src *\")\n"
        + "    response['headers']['x-frame-options'].append({'key': 'X-Frame-Options', 'value': 'DENY'})\n"
        + "    return response\n"
    )
    rollout.function(handler=other)
    rollout.environment = _stopping(rollout)
    rollout.publish()

    found = look(rollout)

    told = {
        (difference.header, difference.cause(None)): [directive.name for directive in difference.directives]
        for probe in found.probes
        for difference in probe.differences
    }
    assert told == {
        ("content-security-policy-report-only", DifferenceCause.OTHER): ["object-src"],
        ("x-frame-options", DifferenceCause.DUPLICATE): [],
    }


def _stopping(rollout: Rollout) -> Any:
    # Without URLs publish checks nothing, so that the wrong handler stays where it is.
    return replace(rollout.environment, urls=())


def test_a_handler_that_cloudfront_refuses_is_named(rollout: Rollout, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.py").write_text("def handler(event, context):\n    return None\n")
    rollout.function(handler=other)
    rollout.environment = _stopping(rollout)
    rollout.publish()

    found = look(rollout)

    assert not found.ok
    assert any(
        "CloudFront refuses what the function returns" in said(why)
        for probe in found.probes
        for why in probe.why
    )
