"""What AWS's state forbids ends with 6, all findings at once, before the first write."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from edgerollout.emulator.faults import FaultRule

from .project import POLICY, WIDER_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable

    from .project import Project

pytestmark = pytest.mark.sandbox

_ACT = ("publish", "-e", "testing", "--create", "--yes")


def test_a_missing_function_is_refused_without_create(project: Project) -> None:
    project.distribution()
    project.forget_calls()

    result = project.run("publish", "-e", "testing", "--yes")

    assert result.code == 6
    assert f"function {project.function}" in result.err
    assert "--create" in result.err
    assert project.writes() == {}


def test_a_foreign_function_on_our_slot_is_refused_and_left_alone(project: Project) -> None:
    distribution = project.distribution()
    arn = project.create_function(f"images-{project.account}")
    trigger = {"LambdaFunctionARN": arn, "EventType": "origin-response"}
    project.change(distribution, {"LambdaFunctionAssociations": {"Quantity": 1, "Items": [trigger]}})
    project.forget_calls()

    result = project.run(*_ACT)

    assert result.code == 6
    assert arn in result.err
    assert "exclude" in result.err
    assert project.writes() == {}


def test_an_excluded_behavior_with_a_foreign_function_is_no_obstacle(project: Project) -> None:
    distribution = project.distribution(paths=("/images/*",))
    arn = project.create_function(f"images-{project.account}")
    found = project.cloudfront.get_distribution_config(Id=distribution)
    config = found["DistributionConfig"]
    trigger = {"LambdaFunctionARN": arn, "EventType": "origin-response"}
    config["CacheBehaviors"]["Items"][0]["LambdaFunctionAssociations"] = {"Quantity": 1, "Items": [trigger]}
    project.cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)
    project.configure(environments={"testing": 'exclude = ["/images/*"]\n'})

    result = project.run(*_ACT)

    assert result.code == 0, result.err
    assert project.triggers(distribution) == {
        "/images/*": {"origin-response": f"images-{project.account}:1"},
        "*": {"origin-response": f"{project.function}:1"},
    }


def test_a_cloudfront_function_on_the_viewer_side_goes_with_no_viewer_trigger(project: Project) -> None:
    distribution = project.distribution()
    arn = f"arn:aws:cloudfront::{project.account}:function/rewrite"
    association = {"FunctionARN": arn, "EventType": "viewer-request"}
    project.change(distribution, {"FunctionAssociations": {"Quantity": 1, "Items": [association]}})
    project.configure(event="viewer-response")
    project.forget_calls()

    refused = project.run(*_ACT)
    writes = project.writes()
    project.configure(event="origin-response")
    allowed = project.run(*_ACT)

    assert (refused.code, writes) == (6, {})
    assert "CloudFront Function" in refused.err
    assert allowed.code == 0, allowed.err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"Architectures": ["arm64"]}, "arm64"),
        ({"Environment": {"Variables": {"STAGE": "testing"}}}, "environment variables (STAGE)"),
        ({"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}, "VPC"),
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:tools:1"]}, "layer"),
    ],
    ids=["arm64", "environment variables", "VPC", "layers"],
)
def test_a_function_that_the_edge_would_not_take_is_refused(
    project: Project, more: dict[str, object], words: str
) -> None:
    project.distribution()
    project.create_function(project.function, **more)
    project.forget_calls()

    result = project.run(*_ACT)

    assert result.code == 6
    assert words in result.err
    assert project.writes() == {}


@pytest.mark.parametrize(("runtime", "code"), [("python3.9", 6), ("python3.7", 2), ("ruby3.3", 2)])
def test_a_runtime_that_is_dead_or_no_edge_runtime_is_refused_before_any_write(
    project: Project, runtime: str, code: int
) -> None:
    project.distribution()
    text = (project.folder / "config" / "edgerollout.toml").read_text()
    project.write("config/edgerollout.toml", text.replace('"python3.13"', f'"{runtime}"'))
    project.forget_calls()

    result = project.run(*_ACT)

    assert result.code == code, result.err
    assert runtime in result.err
    assert project.writes() == {}


def _altered(project: Project, alter: Callable[[bytes], bytes]) -> None:
    """Let somebody put an altered bundle live: version 2, attached everywhere in the place of 1."""
    import urllib.request

    located = project.functions.get_function(FunctionName=project.function, Qualifier="1")["Code"]["Location"]
    with urllib.request.urlopen(located) as answer:
        archive = zipfile.ZipFile(io.BytesIO(answer.read()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as new:
        for name in archive.namelist():
            content = archive.read(name)
            new.writestr(name, alter(content) if name == "release.json" else content)
    project.functions.update_function_code(FunctionName=project.function, ZipFile=packed.getvalue())
    line = project.functions.get_function(FunctionName=project.function, Qualifier="1")["Configuration"]
    version = project.functions.publish_version(
        FunctionName=project.function, Description=line["Description"]
    )["Version"]
    (distribution,) = (
        distribution["Id"]
        for distribution in project.cloudfront.list_distributions()["DistributionList"]["Items"]
        if project.alias in distribution["Aliases"]["Items"]
    )
    found = project.cloudfront.get_distribution_config(Id=distribution)
    config = found["DistributionConfig"]
    for behavior in (*config["CacheBehaviors"].get("Items", []), config["DefaultCacheBehavior"]):
        for trigger in behavior["LambdaFunctionAssociations"]["Items"]:
            trigger["LambdaFunctionARN"] = trigger["LambdaFunctionARN"].replace(":1", f":{version}")
    project.cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)


@pytest.mark.parametrize(
    "alter",
    [
        lambda text: text.replace(b'"schema": 1', b'"schema": 2').replace(b'"schema":1', b'"schema":2'),
        lambda text: re.sub(rb'("release": ?")[0-9a-f]{16}', rb"\g<1>0123456789abcdef", text),
        lambda text: text[:-20],
    ],
    ids=["a later schema", "another release", "cut off"],
)
def test_a_live_release_that_cannot_be_trusted_is_not_built_upon(
    published: tuple[Project, str], alter: Callable[[bytes], bytes]
) -> None:
    """Nothing of it is carried or shown; where a policy had to be carried it is refused."""
    project, _ = published
    _altered(project, alter)
    project.policy(WIDER_POLICY)

    result = project.run("publish", "-e", "testing", "--yes")

    assert result.code == 0, result.err
    assert "what release 2 sends was not read: digests only" in " ".join(result.err.split())


def test_a_header_one_cannot_take_back_is_accepted_by_name(project: Project) -> None:
    project.policy(POLICY.replace("[csp]", 'strict-transport-security = "max-age=31536000"\n\n[csp]'))
    distribution = project.distribution()
    project.forget_calls()

    refused = project.run(*_ACT)
    writes = project.writes()
    accepted = project.run(*_ACT, "--accept-header", "Strict-Transport-Security")
    project.policy((project.folder / "config" / "policy.toml").read_text() + "img-src = [\"'self'\"]\n")
    later = project.run(*_ACT)

    assert (refused.code, writes) == (6, {})
    assert "--accept-header strict-transport-security" in refused.err
    assert accepted.code == 0, accepted.err
    assert later.code == 0, later.err
    assert project.everywhere(distribution) == {"origin-response:2"}


def test_all_findings_come_at_once(project: Project) -> None:
    project.policy(POLICY.replace("[csp]", 'strict-transport-security = "max-age=31536000"\n\n[csp]'))
    project.distribution()

    result = project.run("plan", "-e", "testing")

    assert result.code == 6
    assert "--create" in result.out
    assert "--accept-header strict-transport-security" in result.out


def test_a_right_that_is_missing_half_way_fails_with_1_and_the_same_command_goes_on(
    published: tuple[Project, str],
) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.server.faults.add(
        FaultRule(
            "UpdateDistribution", code="AccessDenied", status=403, message="not authorized",
            path_contains=distribution,
        )
    )  # fmt: skip

    denied = project.run("publish", "-e", "testing", "--yes")
    again = project.run("publish", "-e", "testing", "--yes")

    assert denied.code == 1
    assert "the caller needs the permission cloudfront:UpdateDistribution" in denied.err
    assert "Then run the same command" in denied.err
    assert again.code == 0, again.err
    assert project.versions() == [1, 2]
    assert project.everywhere(distribution) == {"origin-response:2"}


def test_an_expired_token_after_a_write_is_5_and_before_it_1(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)

    def expired(operation: str, path: str) -> FaultRule:
        return FaultRule(operation, code="ExpiredToken", status=403, message="expired", path_contains=path)

    project.server.faults.add(expired("UpdateFunctionCode", project.function))
    before = project.run("publish", "-e", "testing", "--yes")
    project.server.faults.add(expired("CreateInvalidation", distribution))
    after = project.run("publish", "-e", "testing", "--yes")
    again = project.run("publish", "-e", "testing", "--yes")

    assert (before.code, after.code, again.code) == (1, 5, 0), (before.err, after.err)
    assert "fresh credentials" in after.err
    assert project.versions() == [1, 2]


def test_a_token_that_expires_while_waiting_is_5_and_wait_goes_on(published: tuple[Project, str]) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.server.faults.add(
        FaultRule(
            "GetDistribution", code="ExpiredToken", status=403, message="expired", path_contains=distribution
        )
    )

    expired = project.run("publish", "-e", "testing", "--yes")
    resumed = project.run("wait", "-e", "testing")

    assert expired.code == 5, expired.err
    assert "fresh credentials" in expired.err
    assert resumed.code == 0, resumed.err
    assert len(project.invalidations(distribution)) == 2
    assert project.versions() == [1, 2]


def test_what_a_colleague_changed_under_a_swap_survives_and_ours_goes_in_beside_it(
    published: tuple[Project, str],
) -> None:
    project, distribution = published
    project.policy(WIDER_POLICY)
    project.server.faults.add(
        FaultRule(
            "UpdateDistribution", code="PreconditionFailed", status=412, message="changed",
            path_contains=distribution,
        )
    )  # fmt: skip

    result = project.run("publish", "-e", "testing", "--yes", "-o", "json")

    assert result.code == 0, result.err
    assert result.outcome["aws_calls"]["cloudfront:UpdateDistribution"] == 2
    assert project.everywhere(distribution) == {"origin-response:2"}
