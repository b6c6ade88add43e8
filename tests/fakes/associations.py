"""CloudFront's rules for function associations, with its own words where they are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.release.facts.arn import VersionArn
from edgerollout.rollout.ports import AwsFailure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgerollout.release.facts.snapshot import Behavior, Trigger
    from tests.fakes.functions import FakeLambda

_OPERATION = "cloudfront:UpdateDistribution"


def check_triggers(
    before: Sequence[Behavior], after: Sequence[Behavior], account: str, functions: FakeLambda
) -> None:
    """Refuse what CloudFront refuses. Triggers that stood before are not judged again."""
    known = {trigger.arn for behavior in before for trigger in behavior.triggers}
    for behavior in after:
        events = [trigger.event for trigger in behavior.triggers]
        for event in events:
            if events.count(event) > 1 or event in behavior.cloudfront_functions:
                raise _refused(
                    "The event type of a function association must be unique in the cache behavior. "
                    f"Event type {event} cannot be associated with two functions"
                )
        for trigger in behavior.triggers:
            if trigger.include_body and trigger.event.endswith("-response"):
                raise _refused(
                    "The IncludeBody option can only be used with viewer-request or origin-request events."
                )
            if trigger.arn not in known:
                _check_new(trigger, account, functions)


def _check_new(trigger: Trigger, account: str, functions: FakeLambda) -> None:
    version = VersionArn.parse(trigger.arn)
    if version is None:
        raise _refused(
            "The function ARN must reference a specific function version. (The ARN must end with the "
            f"version number.) ARN: {trigger.arn}"
        )
    if version.region != "us-east-1":
        raise _refused(f"The function must be in region 'us-east-1'. ARN: {trigger.arn}")
    if version.account != account:
        raise _refused(f"The function must be in the distribution's account. ARN: {trigger.arn}")
    why = functions.why_not_at_the_edge(version, trigger.event)
    if why is not None:
        raise _refused(why)


def _refused(message: str) -> AwsFailure:
    return AwsFailure(_OPERATION, "InvalidLambdaFunctionAssociation", message)
