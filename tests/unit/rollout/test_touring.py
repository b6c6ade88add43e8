"""After an enforcing swap a browser looks at the site: what it sees blocked twice takes the release back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, ExitCode, Interrupted
from edgerollout.release.delivery.distribution_document import edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import Slot, TriggerIntent
from edgerollout.release.facts.events import RunResult, StepFinished, StepKind
from edgerollout.release.facts.snapshot import Trigger
from edgerollout.rollout.ports import AwsFailure
from edgerollout.rollout.touring import Blocked
from tests.fakes.probe import FakeProbe, answer
from tests.spelling import said
from tests.unit.release.builders import FUNCTION_ARN, ORIGIN, P1, make_release

from .world import URL, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.net.answer import HttpAnswer
    from edgerollout.policy.render import RenderedResponse
    from edgerollout.release.facts.release import Release
    from edgerollout.rollout.stopping import Stop

IMAGE, SCRIPT = "img-src https://img.example on /", "script-src inline on /"
OBSERVED, ENFORCED = make_release(report_only=P1).response(), make_release(enforced=P1).response()


def sends(response: RenderedResponse) -> HttpAnswer:
    return answer(
        URL, headers={name: value for name, (_, value) in {**response.keep, **response.set}.items()}
    )


class Browser:
    """Sees these things, one look after the other."""

    def __init__(self, *looks: Sequence[str] | Blocked | EdgerolloutError) -> None:
        self.looks = list(looks)
        self.seen: list[Release] = []

    def __call__(self, release: Release, before: Release | None, stop: Stop) -> Blocked:
        self.seen.append(release)
        look = self.looks.pop(0)
        if isinstance(look, EdgerolloutError):
            raise look
        return look if isinstance(look, Blocked) else Blocked(newly=tuple(look))


def observing(browser: Browser) -> World:
    """A world whose release 1 is live and observes a policy; release 2 will enforce it."""
    world = World()
    assert world.publish().exit_code is ExitCode.DONE
    world.settle()
    world.request = replace(world.request, environment=replace(world.request.environment, urls=(URL,)))
    world.probe = FakeProbe()
    world.probe.script(URL, sends(OBSERVED), sends(ENFORCED))
    world.tour = browser
    return world


def told(world: World) -> list[str]:
    return [
        event.detail
        for event in world.events
        if isinstance(event, StepFinished) and event.step is StepKind.TOUR
    ]


def test_a_policy_that_blocks_nothing_stays_and_was_looked_at_once() -> None:
    browser = Browser(())
    world = observing(browser)

    assert world.promote().exit_code is ExitCode.DONE
    assert [release.enforced for release in browser.seen] == [P1]
    assert told(world) == ["nothing blocked"]
    assert world.triggers() == world.everywhere(2)


def test_what_is_blocked_twice_takes_the_release_back() -> None:
    world = observing(Browser((IMAGE, SCRIPT), (SCRIPT, IMAGE)))
    assert world.probe is not None
    world.probe.script(URL, sends(OBSERVED), sends(ENFORCED), sends(OBSERVED))

    outcome = world.promote()

    assert (outcome.result, outcome.exit_code) == (RunResult.ROLLED_BACK, ExitCode.ROLLED_BACK)
    assert outcome.error == f"the enforced policy blocks {IMAGE}; {SCRIPT}"
    assert told(world) == ["2 blocked"]
    world.settle()
    assert world.triggers() == world.everywhere(1)


def test_what_was_blocked_before_as_well_undoes_nothing_and_is_told() -> None:
    """The emergency: a widening mends one of two causes. Taken back, both would be broken again."""
    world = observing(Browser(Blocked(already=(IMAGE,))))

    assert world.promote().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(2)
    assert f"blocked as it was before this release: {IMAGE}" in world.notices


def test_a_flip_that_stopped_half_way_is_toured_by_the_plain_publish_that_finishes_it() -> None:
    browser = Browser((IMAGE,), (IMAGE,))
    world = World(("E1", "E2"))
    world.publish()
    world.settle()
    world.request = replace(world.request, environment=replace(world.request.environment, urls=(URL,)))
    world.tour = browser
    denied = AwsFailure("cloudfront:UpdateDistribution", "AccessDenied", "not authorized")
    world.aws.faults.fail("cloudfront:UpdateDistribution", denied, at=2, times=1)
    assert world.promote().exit_code is ExitCode.FAILED
    assert browser.seen == []
    world.settle()
    world.probe = FakeProbe()
    world.probe.script(URL, sends(OBSERVED), sends(ENFORCED), sends(OBSERVED))

    outcome = world.publish()

    assert [release.enforced for release in browser.seen] == [P1, P1]
    assert outcome.exit_code is ExitCode.ROLLED_BACK
    world.settle()
    assert world.triggers() == world.everywhere(1)


def test_a_publish_that_mends_what_is_enforced_already_needs_no_browser() -> None:
    browser = Browser(())
    world = observing(browser)
    assert world.promote().exit_code is ExitCode.DONE
    world.settle()
    browser.seen.clear()
    slot = Slot("/p0/*", ORIGIN, Trigger(ORIGIN, f"{FUNCTION_ARN}:2"), None)
    intent = TriggerIntent(LambdaEdge(), FUNCTION_ARN, None, None, slots=(slot,))
    world.aws.cloudfront.edit("E1", lambda xml: edit(xml, intent, None).xml)
    world.settle()
    assert world.probe is not None
    world.probe.script(URL, sends(ENFORCED))

    assert world.publish().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(2)
    assert browser.seen == []


def test_what_is_blocked_only_once_is_no_reason() -> None:
    world = observing(Browser((IMAGE,), (SCRIPT,)))

    assert world.promote().exit_code is ExitCode.DONE
    assert world.triggers() == world.everywhere(2)


def test_with_on_failure_stop_the_release_stays_and_the_way_back_is_named() -> None:
    world = observing(Browser((IMAGE,), (IMAGE,)))
    world.takes_back = False

    outcome = world.promote()

    assert (outcome.result, outcome.exit_code) == (RunResult.NOT_RIGHT, ExitCode.NOT_RIGHT)
    assert said(outcome.undo) == "edgerollout rollback -e testing --from 2"
    assert world.triggers() == world.everywhere(2)


def test_a_browser_that_cannot_look_undoes_nothing_and_is_told_of() -> None:
    world = observing(Browser(EdgerolloutError("there is no Chromium")))

    assert world.promote().exit_code is ExitCode.DONE
    assert told(world) == ["not possible"]
    assert "the site was not toured: there is no Chromium" in world.notices


def test_many_things_are_told_as_three_and_a_number() -> None:
    many = tuple(f"img-src https://{n}.example" for n in range(5))
    world = observing(Browser(many, many))
    world.takes_back = False

    error = world.promote().error

    assert error is not None
    assert error.endswith(f"{many[2]}; and 2 more")


def test_asked_to_stop_in_the_middle_it_stops_and_undoes_nothing() -> None:
    world = observing(Browser(Interrupted("stopped")))

    assert world.promote().exit_code is ExitCode.INTERRUPTED
    assert world.triggers() == world.everywhere(2)


def test_wrong_headers_need_no_browser() -> None:
    browser = Browser()
    world = observing(browser)
    assert world.probe is not None
    world.probe.script(
        URL, sends(OBSERVED), answer(URL, headers={}), answer(URL, headers={}), sends(OBSERVED)
    )

    assert world.promote().exit_code is ExitCode.ROLLED_BACK
    assert browser.seen == []


def test_a_promotion_that_has_nothing_to_do_is_not_toured() -> None:
    world = observing(Browser(()))
    assert world.promote().exit_code is ExitCode.DONE
    world.settle()

    assert world.promote().result is RunResult.NOTHING_TO_DO
