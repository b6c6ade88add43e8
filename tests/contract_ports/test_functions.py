from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.release.delivery.distribution_document import edit
from edgerollout.release.delivery.lambda_edge import LambdaEdge
from edgerollout.release.delivery.steps import TriggerIntent
from edgerollout.release.plans.plan import CreateFunction
from edgerollout.rollout.ports import (
    AlreadyExists,
    AwsFailure,
    Busy,
    Document,
    LostAnswer,
    NotFound,
    PreconditionFailed,
    Referenced,
    Replicated,
)
from tests.fakes.functions import sha256

from .conftest import step, zipped

if TYPE_CHECKING:
    from .conftest import Prepared, World


def test_a_function_that_is_not_there_is_none(world: World) -> None:
    assert world.aws.functions.function("nobody") is None


def test_what_is_asked_of_a_missing_function_or_version_is_not_found(
    world: World, prepared: Prepared
) -> None:
    functions = world.aws.functions
    for ask in (
        lambda: functions.state("nobody"),
        lambda: functions.versions("nobody"),
        lambda: functions.code("nobody", 1),
        lambda: functions.state(prepared.name, 99),
        lambda: functions.code(prepared.name, 99),
        lambda: functions.publish("nobody", prepared.code_sha256, "x"),
        lambda: functions.update_code("nobody", prepared.bundle, None),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_created_function_reads_as_it_was_asked_for(world: World, prepared: Prepared) -> None:
    seen = world.aws.functions.function(prepared.name)
    assert seen is not None
    assert (seen.name, seen.arn, seen.role_arn) == (prepared.name, prepared.arn, prepared.role_arn)
    assert (seen.runtime, seen.entry, seen.memory, seen.timeout) == ("python3.13", "index.handler", 128, 5)
    assert (seen.code_sha256, seen.versions, seen.tags) == (sha256(prepared.bundle), (), {})
    assert (seen.architectures, seen.package_type, seen.ephemeral_storage) == (("x86_64",), "Zip", 512)
    assert not (seen.layers)
    assert not (seen.in_vpc)
    assert not (seen.dead_letter_queue)
    assert not (seen.tracing)
    assert not (seen.kms_key)
    assert prepared.arn == f"arn:aws:lambda:us-east-1:{world.aws.account()}:function:{prepared.name}"


def test_creating_is_busy_while_the_role_is_fresh(world: World) -> None:
    role = world.aws.roles.create("edge")
    with pytest.raises(Busy):
        world.aws.functions.create(step(), role.arn, zipped("one"))
    world.clock.advance(9)
    world.aws.functions.create(step(), role.arn, zipped("one"))


def test_a_function_is_pending_before_it_is_active(world: World, prepared: Prepared) -> None:
    world.aws.functions.create(step("another"), prepared.role_arn, zipped("another"))
    assert world.aws.functions.state("another")[0] == "Pending"
    world.clock.advance(5)
    assert world.aws.functions.state("another") == ("Active", "Successful")


def test_creating_a_function_twice_says_that_it_exists(world: World, prepared: Prepared) -> None:
    with pytest.raises(AlreadyExists):
        world.aws.functions.create(step(), prepared.role_arn, prepared.bundle)


def test_a_published_version_has_its_description_code_and_moment(world: World, prepared: Prepared) -> None:
    version = world.aws.functions.publish(prepared.name, prepared.code_sha256, "edgerollout/1 env=testing")
    assert (version.number, version.description) == (1, "edgerollout/1 env=testing")
    assert (version.code_sha256, version.runtime) == (prepared.code_sha256, "python3.13")
    assert abs((version.published_at - world.clock.now()).total_seconds()) < 1
    assert world.aws.functions.versions(prepared.name) == (version,)
    assert world.aws.functions.state(prepared.name, 1)[0] == "Pending"
    world.clock.advance(5)
    assert world.aws.functions.state(prepared.name, 1)[0] == "Active"
    assert world.aws.functions.code(prepared.name, 1) == prepared.bundle


def test_publishing_what_is_published_gives_back_the_version_with_its_first_description(
    world: World, prepared: Prepared
) -> None:
    first = world.aws.functions.publish(prepared.name, prepared.code_sha256, "first")
    world.clock.advance(5)
    assert world.aws.functions.publish(prepared.name, prepared.code_sha256, "second") == first


def test_publishing_other_code_than_is_uploaded_is_refused(world: World, prepared: Prepared) -> None:
    with pytest.raises(PreconditionFailed):
        world.aws.functions.publish(prepared.name, sha256(b"other"), "first")


def test_a_description_longer_than_256_characters_is_refused(world: World, prepared: Prepared) -> None:
    with pytest.raises(AwsFailure):
        world.aws.functions.publish(prepared.name, prepared.code_sha256, "x" * 257)


def test_uploading_over_another_revision_is_refused(world: World, prepared: Prepared) -> None:
    seen = world.aws.functions.function(prepared.name)
    assert seen is not None
    world.aws.functions.update_code(prepared.name, zipped("theirs"), seen.revision_id)
    world.clock.advance(5)
    with pytest.raises(PreconditionFailed):
        world.aws.functions.update_code(prepared.name, zipped("ours"), seen.revision_id)


def test_an_upload_answers_with_the_hash_of_its_code(world: World, prepared: Prepared) -> None:
    assert world.aws.functions.update_code(prepared.name, zipped("two"), None) == sha256(zipped("two"))


def test_a_function_is_busy_while_an_update_is_in_progress(world: World, prepared: Prepared) -> None:
    code = world.aws.functions.update_code(prepared.name, zipped("two"), None)
    assert world.aws.functions.state(prepared.name) == ("Active", "InProgress")
    for ask in (
        lambda: world.aws.functions.publish(prepared.name, code, "x"),
        lambda: world.aws.functions.update_code(prepared.name, zipped("three"), None),
        lambda: world.aws.functions.update_configuration(prepared.name, step(), prepared.role_arn),
    ):
        with pytest.raises(Busy):
            ask()
    world.clock.advance(5)
    world.aws.functions.publish(prepared.name, code, "x")


def test_the_configuration_becomes_what_is_wanted(world: World, prepared: Prepared) -> None:
    wanted = CreateFunction(prepared.name, "edge", "python3.12", "other.handler", 256, 3)
    world.aws.functions.update_configuration(prepared.name, wanted, prepared.role_arn)
    seen = world.aws.functions.function(prepared.name)
    assert seen is not None
    assert (seen.runtime, seen.entry, seen.memory, seen.timeout) == ("python3.12", "other.handler", 256, 3)


def test_versions_come_in_the_order_of_their_numbers_fifty_a_page(world: World, prepared: Prepared) -> None:
    for n in range(52):
        code = world.aws.functions.update_code(prepared.name, zipped(f"v{n}"), None)
        world.clock.advance(5)
        world.aws.functions.publish(prepared.name, code, f"release {n + 1}")
        world.clock.advance(5)
    before = world.aws.calls.get("lambda:ListVersionsByFunction", 0)
    versions = world.aws.functions.versions(prepared.name)
    assert [version.number for version in versions] == list(range(1, 53))
    assert versions[9].description == "release 10"
    assert world.aws.calls["lambda:ListVersionsByFunction"] - before == 2


def test_tags_are_set_and_taken_away(world: World, prepared: Prepared) -> None:
    world.aws.functions.tag(prepared.arn, {"edgerollout:withdrawn:4": "why", "team": "web"})
    world.aws.functions.untag(prepared.arn, ["edgerollout:withdrawn:4", "never-there"])
    seen = world.aws.functions.function(prepared.name)
    assert seen is not None
    assert seen.tags == {"team": "web"}


def _publish(world: World, prepared: Prepared, text: str) -> str:
    """Another version with code of its own; its ARN."""
    code = world.aws.functions.update_code(prepared.name, zipped(text), None)
    world.clock.advance(5)
    number = world.aws.functions.publish(prepared.name, code, text).number
    world.clock.advance(5)
    return f"{prepared.arn}:{number}"


def test_a_version_tells_the_size_of_its_zip(world: World, prepared: Prepared) -> None:
    _publish(world, prepared, "two")
    assert [version.size for version in world.aws.functions.versions(prepared.name)] == [len(zipped("two"))]


def test_a_version_that_nothing_uses_is_deleted_and_its_number_does_not_come_back(
    world: World, prepared: Prepared
) -> None:
    _publish(world, prepared, "two")
    _publish(world, prepared, "three")
    world.aws.functions.delete_version(prepared.name, 2)
    assert [version.number for version in world.aws.functions.versions(prepared.name)] == [1]
    assert _publish(world, prepared, "four").endswith(":3")
    assert world.aws.functions.function(prepared.name) is not None


def test_deleting_a_version_that_is_not_there_is_not_found(world: World, prepared: Prepared) -> None:
    with pytest.raises(NotFound):
        world.aws.functions.delete_version(prepared.name, 7)


def test_a_version_that_an_alias_names_is_not_deleted(world: World, prepared: Prepared) -> None:
    for text in ("two", "three", "four"):
        _publish(world, prepared, text)
    world.add_alias(prepared.name, "canary", 1, 2)
    assert world.aws.functions.aliases(prepared.name) == {"canary": frozenset({1, 2})}
    for number in (1, 2):
        with pytest.raises(Referenced, match="canary"):
            world.aws.functions.delete_version(prepared.name, number)
    world.aws.functions.delete_version(prepared.name, 3)


def test_aliases_are_told_beyond_the_first_page(world: World, prepared: Prepared) -> None:
    _publish(world, prepared, "two")
    for n in range(51):
        world.add_alias(prepared.name, f"alias-{n:02d}", 1)
    assert len(world.aws.functions.aliases(prepared.name)) == 51


def test_a_function_without_aliases_has_none(world: World, prepared: Prepared) -> None:
    assert world.aws.functions.aliases(prepared.name) == {}
    with pytest.raises(NotFound):
        world.aws.functions.aliases("nobody")


def test_a_version_at_the_edge_is_replicated_for_a_while_after_its_last_association(
    world: World, prepared: Prepared, site: str
) -> None:
    arn = _publish(world, prepared, "two")

    def associate(target: str | None) -> None:
        found = world.aws.cloudfront.document(site)
        intent = TriggerIntent(
            LambdaEdge(), prepared.arn, None if target is None else "origin-response", None
        )
        edited = edit(found.xml, intent, target)
        world.aws.cloudfront.update(site, Document(found.etag, edited.xml))
        world.clock.advance(200)

    associate(arn)
    with pytest.raises(Replicated, match="because it is a replicated function"):
        world.aws.functions.delete_version(prepared.name, 1)
    associate(None)
    with pytest.raises(Replicated):
        world.aws.functions.delete_version(prepared.name, 1)
    world.clock.advance(3600)
    world.aws.functions.delete_version(prepared.name, 1)
    assert world.aws.functions.versions(prepared.name) == ()


def test_a_deletion_whose_answer_is_lost_is_tried_again_or_told(world: World, prepared: Prepared) -> None:
    _publish(world, prepared, "two")
    world.lose_the_answer("lambda:DeleteFunction")
    with pytest.raises((NotFound, LostAnswer)):
        world.aws.functions.delete_version(prepared.name, 1)
    assert world.aws.functions.versions(prepared.name) == ()


def test_a_guarded_upload_whose_answer_is_lost_says_so(world: World, prepared: Prepared) -> None:
    seen = world.aws.functions.function(prepared.name)
    assert seen is not None
    world.lose_the_answer("lambda:UpdateFunctionCode")
    with pytest.raises(LostAnswer):
        world.aws.functions.update_code(prepared.name, zipped("two"), seen.revision_id)
    after = world.aws.functions.function(prepared.name)
    assert after is not None
    assert after.code_sha256 == sha256(zipped("two"))


def test_a_role_is_made_with_both_services_trusted(world: World) -> None:
    assert world.aws.roles.role("edge") is None
    made = world.aws.roles.create("edge")
    assert made.trusted_services == {"lambda.amazonaws.com", "edgelambda.amazonaws.com"}
    assert made.arn == f"arn:aws:iam::{world.aws.account()}:role/edge"
    assert world.aws.roles.role("edge") == made
    assert world.aws.calls["iam:AttachRolePolicy"] == 1


def test_a_role_that_a_run_cut_off_left_without_its_policy_gets_it(world: World) -> None:
    made = world.aws.roles.create("edge")
    assert made.ours
    assert world.aws.roles.create("edge") == made
    assert world.aws.calls["iam:AttachRolePolicy"] == 2


def test_somebody_elses_role_is_left_alone(world: World) -> None:
    world.add_role("edge")
    with pytest.raises(AlreadyExists):
        world.aws.roles.create("edge")
    assert "iam:AttachRolePolicy" not in world.aws.calls
