"""What the control plane tells the local edge, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edgerollout.emulator.sink import VersionCode

if TYPE_CHECKING:
    from conftest import Aws


def test_the_edge_hears_of_a_change_when_it_is_deployed_and_not_before(aws: Aws) -> None:
    code = aws.zipped("old = True")
    name = aws.function(Code={"ZipFile": code}, Timeout=4)
    arn = aws.version(name)
    identity = aws.distribution(aws.trigger(arn), paths=("/a/*",))
    aws.pass_time(299)
    assert aws.edge.about(identity) == []
    aws.pass_time(1)
    ((what, view),) = aws.edge.about(identity)
    assert what == "deployed"
    assert (view.id, view.account, view.enabled) == (identity, "123456789012", True)
    assert view.config["CacheBehaviors"]["Items"][0]["PathPattern"] == "/a/*"
    assert view.functions == {
        arn: VersionCode(
            arn=arn, zip_bytes=code, handler="index.handler", runtime="python3.13", memory=128, timeout=4
        )
    }


def test_places_of_the_edge_may_hear_of_a_change_one_by_one_before_it_is_deployed(aws: Aws) -> None:
    settings = aws.server.plane.settings
    aws.server.plane.settings = replace(settings, windows=replace(settings.windows, spread_seconds=200))
    identity = aws.distribution()
    heard = []
    for _ in range(3):
        aws.pass_time(100)
        heard.append([what for what, _ in aws.edge.about(identity)])
    assert heard == [["reached 0"], ["reached 0", "reached 1"], ["reached 0", "reached 1", "deployed"]]


def test_changes_reach_the_edge_one_after_the_other_each_as_it_was(aws: Aws) -> None:
    first, second = aws.version(), aws.version()
    identity = aws.distribution(aws.trigger(first))
    aws.pass_time(100)

    def swap(config: dict) -> None:
        config["DefaultCacheBehavior"]["LambdaFunctionAssociations"]["Items"] = [aws.trigger(second)]

    etag = aws.edit(identity, swap)["ETag"]
    aws.pass_time(200)
    assert [set(view.functions) for _, view in aws.edge.about(identity)] == [{first}]
    aws.pass_time(100)
    assert [set(view.functions) for _, view in aws.edge.about(identity)] == [{first}, {second}]
    assert aws.edge.about(identity)[-1][1].etag == etag


def test_the_edge_hears_of_completed_invalidations_and_deleted_distributions(aws: Aws) -> None:
    identity = aws.distribution(Enabled=False)
    aws.pass_time(300)
    aws.invalidate(identity, "/*", "/index.html")
    aws.pass_time(59)
    assert [what for what, _ in aws.edge.about(identity)] == ["deployed"]
    aws.pass_time(1)
    assert aws.edge.about(identity)[-1] == ("invalidated", (identity, ("/*", "/index.html")))
    etag = aws.cloudfront.get_distribution(Id=identity)["ETag"]
    aws.cloudfront.delete_distribution(Id=identity, IfMatch=etag)
    assert aws.edge.about(identity)[-1] == ("removed", identity)


def test_who_reads_deployed_finds_the_edge_already_told(aws: Aws) -> None:
    identity = aws.distribution()
    aws.clock.sleep(300)
    status = aws.cloudfront.get_distribution(Id=identity)["Distribution"]["Status"]
    assert (status, len(aws.edge.about(identity))) == ("Deployed", 1)


def test_a_zero_window_still_answers_in_progress_once(aws: Aws) -> None:
    aws.adjust(deploy_seconds=0)
    made = aws.cloudfront.create_distribution(DistributionConfig=aws.config())["Distribution"]
    assert made["Status"] == "InProgress"
    assert aws.cloudfront.get_distribution(Id=made["Id"])["Distribution"]["Status"] == "Deployed"
