from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from edgerollout.release.delivery.distribution_document import edit, elements
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.response_headers_policy import ResponseHeadersPolicies
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.delivery.xml_spans import parse, spliced
from edgerollout.release.facts.snapshot import DEFAULT_BEHAVIOR, DEPLOYED, CustomError, Trigger
from edgerollout.rollout.ports import (
    AlreadyExists,
    AwsFailure,
    Document,
    LostAnswer,
    NotFound,
    PreconditionFailed,
    Referenced,
    TooManyInvalidations,
)
from tests.fakes.cloudfront import SECURITY_HEADERS
from tests.fakes.documents import UNKNOWN_FIELD, document

if TYPE_CHECKING:
    from .conftest import Prepared, World

EVENT = "origin-response"
MISSING = "E00000000000000"


def canonical(xml: bytes) -> str:
    return ET.canonicalize(xml.decode())


def without_policy(xml: bytes) -> bytes:
    means = ResponseHeadersPolicies("arn", {})
    return spliced(xml, [splice for _, item in elements(parse(xml)) for splice in means.splices(item, ())])


def attach(world: World, site: str, prepared: Prepared, version: int = 1) -> Document:
    """The site's document with the version on every behavior, not sent yet."""
    before = world.aws.cloudfront.document(site)
    intent = TriggerIntent(LambdaEdge(), prepared.arn, EVENT, version)
    return Document(before.etag, edit(before.xml, intent, f"{prepared.arn}:{version}").xml)


@pytest.fixture
def published(world: World, prepared: Prepared) -> Prepared:
    world.aws.functions.publish(prepared.name, prepared.code_sha256, "first")
    world.clock.advance(10)
    return prepared


def test_a_stale_etag_is_refused(world: World, site: str) -> None:
    stale = world.aws.cloudfront.document(site)
    world.aws.cloudfront.update(site, stale)
    with pytest.raises(PreconditionFailed):
        world.aws.cloudfront.update(site, stale)


def test_an_update_has_a_new_etag_and_is_in_progress_until_it_is_deployed(world: World, site: str) -> None:
    before = world.aws.cloudfront.document(site)
    updated = world.aws.cloudfront.update(site, before)
    assert updated.etag != before.etag
    assert updated.status == "InProgress"
    assert not world.aws.cloudfront.distribution(site).deployed
    world.clock.advance(181)
    after = world.aws.cloudfront.distribution(site)
    assert after.status == DEPLOYED
    assert after.etag == updated.etag == world.aws.cloudfront.document(site).etag
    assert after.last_modified == updated.last_modified


def test_a_field_that_no_sdk_knows_survives_an_update(world: World, site: str, published: Prepared) -> None:
    changed = attach(world, site, published)
    world.aws.cloudfront.update(site, changed)
    after = world.aws.cloudfront.document(site).xml
    assert after.count(UNKNOWN_FIELD.encode()) == 2
    assert canonical(after) == canonical(changed.xml)


def test_every_way_of_reading_shows_the_same_triggers(world: World, site: str, published: Prepared) -> None:
    world.aws.cloudfront.update(site, attach(world, site, published))
    distribution = world.aws.cloudfront.distribution(site)
    (listed,) = [item for item in world.aws.cloudfront.distributions() if item.id == site]
    assert distribution == listed
    assert [behavior.path for behavior in distribution.behaviors] == ["/p0/*", "/p1/*", DEFAULT_BEHAVIOR]
    assert {behavior.triggers for behavior in distribution.behaviors} == {
        (Trigger(EVENT, f"{published.arn}:1"),)
    }


def test_a_distribution_is_read_with_all_that_decides_about_it(world: World) -> None:
    site = world.add_distribution(
        document(
            1,
            alias="www.everything.example",
            response_headers_policies={DEFAULT_BEHAVIOR: "67f7725c-6f97-4210-82d7-5512b31e9d03"},
            custom_errors=(CustomError(404, "/missing.html", 200), CustomError(503, None, None)),
        )
    )
    seen = world.aws.cloudfront.distribution(site)
    assert seen.aliases == ("www.everything.example",)
    assert seen.name == "www.everything.example"
    assert seen.custom_errors == (CustomError(404, "/missing.html", 200), CustomError(503, None, None))
    assert seen.behaviors[-1].response_headers_policy == "67f7725c-6f97-4210-82d7-5512b31e9d03"
    assert seen.behaviors[0].response_headers_policy is None
    assert (seen.enabled, seen.staging, seen.multi_tenant) == (True, False, False)
    assert seen.arn.endswith(f"{world.aws.account()}:distribution/{site}")


@pytest.mark.parametrize(
    ("suffix", "words"),
    [(":$LATEST", "must reference a specific function version"), (":99", ":99"), ("", "must reference")],
)
def test_only_an_existing_numbered_version_can_be_a_trigger(
    world: World, site: str, published: Prepared, suffix: str, words: str
) -> None:
    good = attach(world, site, published)
    bad = Document(
        good.etag, good.xml.replace(f"{published.arn}:1<".encode(), f"{published.arn}{suffix}<".encode())
    )
    with pytest.raises(AwsFailure, match=words) as refused:
        world.aws.cloudfront.update(site, bad)
    assert refused.value.code == "InvalidLambdaFunctionAssociation"


def test_a_version_of_another_account_cannot_be_a_trigger(
    world: World, site: str, published: Prepared
) -> None:
    good = attach(world, site, published)
    foreign = good.xml.replace(world.aws.account().encode(), b"999999999999")
    with pytest.raises(AwsFailure) as refused:
        world.aws.cloudfront.update(site, Document(good.etag, foreign))
    assert refused.value.code == "InvalidLambdaFunctionAssociation"


def test_a_list_whose_quantity_is_wrong_is_refused(world: World, site: str, published: Prepared) -> None:
    good = attach(world, site, published)
    wrong = good.xml.replace(
        b"<Quantity>1</Quantity><Items><LambdaF", b"<Quantity>2</Quantity><Items><LambdaF"
    )
    assert wrong != good.xml
    with pytest.raises(AwsFailure) as refused:
        world.aws.cloudfront.update(site, Document(good.etag, wrong))
    assert refused.value.code == "InconsistentQuantities"


def test_an_answer_lost_after_the_commit_says_so_and_reading_back_shows_the_change(
    world: World, site: str, published: Prepared
) -> None:
    changed = attach(world, site, published)
    world.lose_the_answer("cloudfront:UpdateDistribution")
    with pytest.raises(LostAnswer):
        world.aws.cloudfront.update(site, changed)
    after = world.aws.cloudfront.document(site)
    assert canonical(after.xml) == canonical(changed.xml)
    assert after.etag != changed.etag
    assert world.aws.calls["cloudfront:UpdateDistribution"] == 1


def test_what_does_not_exist_is_not_found(world: World, site: str) -> None:
    control = world.aws.cloudfront
    here = control.document(site)
    for ask in (
        lambda: control.distribution(MISSING),
        lambda: control.document(MISSING),
        lambda: control.update(MISSING, here),
        lambda: control.invalidate(MISSING, ["/*"], "reference"),
        lambda: control.invalidation(site, "I0000000000000"),
        lambda: control.own_invalidation(MISSING, "edgerollout-1-", [world.clock.now()]),
    ):
        with pytest.raises(NotFound):
            ask()


def test_the_sweep_takes_one_call_for_each_hundred_distributions(world: World) -> None:
    xml = document(0, alias=None)
    ids = {world.add_distribution(xml.replace(b"made-by-hand", f"number-{n}".encode())) for n in range(101)}
    assert {distribution.id for distribution in world.aws.cloudfront.distributions()} == ids
    assert world.aws.calls["cloudfront:ListDistributions"] == 2


def test_an_invalidation_is_completed_after_its_time(world: World, site: str) -> None:
    made = world.aws.cloudfront.invalidate(site, ["/*"], "edgerollout-1-E1")
    assert (made.completed, made.paths, made.caller_reference) == (False, ("/*",), "edgerollout-1-E1")
    world.clock.advance(61)
    assert world.aws.cloudfront.invalidation(site, made.id).completed


def test_the_same_caller_reference_gives_back_the_same_invalidation(world: World, site: str) -> None:
    first = world.aws.cloudfront.invalidate(site, ["/*"], "edgerollout-1-E1")
    world.clock.advance(61)
    again = world.aws.cloudfront.invalidate(site, ["/*"], "edgerollout-1-E1")
    assert again.id == first.id
    assert again.completed


def test_the_same_caller_reference_with_other_paths_is_refused(world: World, site: str) -> None:
    world.aws.cloudfront.invalidate(site, ["/*"], "edgerollout-1-E1")
    with pytest.raises(AwsFailure):
        world.aws.cloudfront.invalidate(site, ["/other/*"], "edgerollout-1-E1")


def test_a_sixteenth_wildcard_at_once_is_too_many(world: World, site: str) -> None:
    for n in range(15):
        world.aws.cloudfront.invalidate(site, [f"/{n}/*"], f"foreign-{n}")
    with pytest.raises(TooManyInvalidations):
        world.aws.cloudfront.invalidate(site, ["/*"], "edgerollout-1-E1")
    world.clock.advance(61)
    world.aws.cloudfront.invalidate(site, ["/*"], "edgerollout-1-E1")


def test_our_newest_invalidation_is_found_behind_foreign_ones(world: World, site: str) -> None:
    begin = world.clock.now()
    for n, reference in enumerate(["edgerollout-1-E1", "edgerollout-2-E2", "deploy-17", "deploy-18"]):
        world.aws.cloudfront.invalidate(site, [f"/{n}"], reference)
        world.clock.advance(5)
    found = world.aws.cloudfront.own_invalidation(site, "edgerollout-2-", [begin])
    assert found is not None
    assert found.caller_reference == "edgerollout-2-E2"
    assert world.aws.calls["cloudfront:ListInvalidations"] == 1
    assert world.aws.calls["cloudfront:GetInvalidation"] == 3


def test_an_invalidation_counts_no_more_once_another_release_had_its_own(world: World, site: str) -> None:
    begin = world.clock.now()
    for reference in ("edgerollout-1-E1", "edgerollout-2-E2"):
        world.aws.cloudfront.invalidate(site, ["/*"], reference)
        world.clock.advance(5)
    assert world.aws.cloudfront.own_invalidation(site, "edgerollout-1-", [begin]) is None


def test_the_search_for_our_invalidation_stops_at_its_look_back(world: World, site: str) -> None:
    world.aws.cloudfront.invalidate(site, ["/*"], "edgerollout-1-E1")
    world.clock.advance(100)
    since = world.clock.now() - timedelta(seconds=50)
    world.aws.cloudfront.invalidate(site, ["/*"], "deploy-17")
    assert world.aws.cloudfront.own_invalidation(site, "edgerollout-1-", [since]) is None
    assert world.aws.calls["cloudfront:GetInvalidation"] == 1


def test_our_invalidation_is_found_behind_hundreds_of_content_deployments(world: World, site: str) -> None:
    world.aws.cloudfront.invalidate(site, ["/old"], "deploy-before")
    world.clock.advance(60)
    published = world.clock.now()
    world.clock.advance(60)
    world.aws.cloudfront.invalidate(site, ["/a"], "deploy-meanwhile")
    world.aws.cloudfront.invalidate(site, ["/*"], "edgerollout-2-E1")
    for n in range(120):
        world.clock.advance(60)
        world.aws.cloudfront.invalidate(site, [f"/{n}"], f"deploy-{n}")
    found = world.aws.cloudfront.own_invalidation(site, "edgerollout-2-", [published])
    assert found is not None
    assert found.caller_reference == "edgerollout-2-E1"
    assert world.aws.calls["cloudfront:GetInvalidation"] <= 9


def test_a_managed_response_headers_policy_is_known_by_what_it_overrides(world: World) -> None:
    assert world.aws.cloudfront.headers_policy(SECURITY_HEADERS.id) == SECURITY_HEADERS


def test_a_response_headers_policy_that_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.aws.cloudfront.headers_policy("00000000-0000-0000-0000-000000000000")


def test_a_response_headers_policy_of_ones_own_is_made_listed_and_deleted(world: World) -> None:
    cloudfront = world.aws.cloudfront
    header = {"Header": "X-A", "Value": "1", "Override": True}
    said = {"CustomHeadersConfig": {"Quantity": 1, "Items": [header]}}
    made = cloudfront.create_headers_policy({"Name": "ours-1", "Comment": "for a test", **said})
    assert (made.name, made.comment, dict(made.config)) == ("ours-1", "for a test", said)
    assert made in cloudfront.own_headers_policies()
    with pytest.raises(AlreadyExists):
        cloudfront.create_headers_policy({"Name": "ours-1", "Comment": "", **said})
    cloudfront.delete_headers_policy(made.id)
    assert made not in cloudfront.own_headers_policies()
    with pytest.raises(NotFound):
        cloudfront.delete_headers_policy(made.id)


def test_a_response_headers_policy_that_a_behavior_names_is_not_deleted(world: World, site: str) -> None:
    cloudfront = world.aws.cloudfront
    made = cloudfront.create_headers_policy(
        {
            "Name": "ours-2",
            "Comment": "",
            "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}},
        }
    )
    means, before = ResponseHeadersPolicies("arn", {}), cloudfront.document(site)
    intent = TriggerIntent(means, "arn", means.slot, 1)
    cloudfront.update(site, Document(before.etag, edit(without_policy(before.xml), intent, made.id).xml))
    with pytest.raises(Referenced):
        cloudfront.delete_headers_policy(made.id)


def test_the_tags_of_a_distribution_are_read_by_its_arn(world: World, site: str) -> None:
    arn = world.aws.cloudfront.distribution(site).arn
    assert world.aws.cloudfront.tags(arn) == {}
    world.tag(site, {"aws-cdk:id": "Site", "Team": ""})
    assert world.aws.cloudfront.tags(arn) == {"aws-cdk:id": "Site", "Team": ""}
    with pytest.raises(NotFound):
        world.aws.cloudfront.tags(arn.replace(site, MISSING))
