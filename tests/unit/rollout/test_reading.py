from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.errors import Refused, UsageError
from edgerollout.release.facts.environment import DistributionSelector
from edgerollout.release.facts.reads import ReadRelease, ReadRole
from edgerollout.release.facts.release import Release
from edgerollout.release.facts.snapshot import Role
from edgerollout.release.facts.unreadable import Unreadable, UnreadableCause, UnreadableRelease
from edgerollout.rollout.ports import CODE_TOO_LARGE, AwsFailure, CredentialsExpired
from edgerollout.rollout.reading import Reading, Siblings, needed_release, take_snapshot
from tests.unit.release.builders import ACCOUNT, FUNCTION, make_environment
from tests.unit.rollout.world import World

if TYPE_CHECKING:
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.reads import Read
    from edgerollout.release.facts.snapshot import Snapshot

NOTHING = Siblings({})


def read(
    world: World,
    environment: Environment | None = None,
    wanted: frozenset[Read] = frozenset(),
    siblings: Siblings = NOTHING,
) -> Snapshot:
    chosen, session = environment or world.request.environment, world.session()
    return Reading(session, chosen, take_snapshot(session, chosen, siblings)).ask(wanted)


def naming(*selectors: DistributionSelector) -> Environment:
    return replace(make_environment(), distributions=selectors)


def test_credentials_of_another_account_are_refused_before_anything_is_read() -> None:
    world = World()
    world.aws.account_id = "999999999999"
    with pytest.raises(UsageError, match=f"999999999999.*{ACCOUNT}"):
        read(world)
    assert world.calls == {"sts:GetCallerIdentity": 1}


def test_distributions_are_found_by_alias_and_by_id_in_the_configurations_order() -> None:
    world = World(("E1", "E2", "E3"))
    environment = naming(DistributionSelector(alias="e3.example.com"), DistributionSelector(id="E1"))
    snapshot = read(world, environment)
    assert [distribution.id for distribution in snapshot.distributions] == ["E3", "E1"]
    assert [other.id for other in snapshot.others] == ["E2"]


def test_a_distribution_that_is_not_there_is_named_with_the_nearest_that_is() -> None:
    with pytest.raises(UsageError, match=r"alias e1\.exampel\.com") as refused:
        read(World(), naming(DistributionSelector(alias="e1.exampel.com")))
    assert "e1.example.com" in (refused.value.why or "")


def test_a_distribution_named_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="twice"):
        read(World(), naming(DistributionSelector(id="E1"), DistributionSelector(alias="e1.example.com")))


def test_two_environments_of_one_account_may_not_share_a_distribution() -> None:
    siblings = Siblings({"staging": (DistributionSelector(alias="e1.example.com"),)})
    with pytest.raises(UsageError, match="testing and staging both name distribution E1"):
        read(World(), siblings=siblings)


def test_siblings_that_are_not_there_yet_are_no_trouble() -> None:
    siblings = Siblings({"staging": (DistributionSelector(alias="staging.example.com"),)})
    assert read(World(), siblings=siblings).distributions[0].id == "E1"


def test_siblings_tell_which_distributions_belong_to_an_environment() -> None:
    world = World(("E1", "E2", "E3"))
    siblings = Siblings({"staging": (DistributionSelector(id="E2"), DistributionSelector(id="E9"))})
    assert siblings.known(world.aws.cloudfront.distributions()) == {"E2"}


def test_without_a_function_neither_versions_nor_invalidations_are_asked_for() -> None:
    world = World()
    assert read(world).function is None
    assert world.calls == {
        "sts:GetCallerIdentity": 1,
        "cloudfront:ListDistributions": 1,
        "lambda:GetFunction": 1,
    }


def published() -> World:
    world = World()
    world.publish()
    world.settle()
    world.forget_calls()
    return world


def test_documents_are_read_only_where_planning_needs_them() -> None:
    world = published()
    assert read(world).documents == {}
    document = read(world, wanted=frozenset({ReadRelease(1)})).documents[1]
    assert isinstance(document, Release)


def test_without_the_right_to_read_code_the_document_is_unreadable_and_the_run_goes_on() -> None:
    world = published()
    world.aws.functions.code_readable = False
    document = read(world, wanted=frozenset({ReadRelease(1)})).documents[1]
    assert isinstance(document, Unreadable)
    assert "lambda:GetFunction" in document.why


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("ServiceException", UnreadableCause.NOT_DOWNLOADED),
        ("HTTP403", UnreadableCause.NOT_DOWNLOADED),
        (CODE_TOO_LARGE, UnreadableCause.TOO_LARGE),
    ],
)
def test_whatever_keeps_a_document_from_being_read_the_run_goes_on(code: str, cause: UnreadableCause) -> None:
    world = published()
    world.aws.faults.fail("lambda:GetFunction", AwsFailure("lambda:GetFunction", code, "try later"), at=2)
    document = read(world, wanted=frozenset({ReadRelease(1)})).documents[1]
    assert isinstance(document, UnreadableRelease)
    assert document.cause is cause


def test_credentials_that_ran_out_end_the_run() -> None:
    world = published()
    expired = CredentialsExpired("lambda:GetFunction", "ExpiredToken", "it is over")
    world.aws.faults.fail("lambda:GetFunction", expired, at=2)
    with pytest.raises(CredentialsExpired):
        read(world, wanted=frozenset({ReadRelease(1)}))


@pytest.mark.parametrize("readable", [True, False])
def test_the_role_is_read_when_needed_or_said_to_be_unreadable(readable: bool) -> None:
    world = World()
    world.aws.roles.readable = readable
    role = read(world, wanted=frozenset({ReadRole()})).role
    assert isinstance(role, Role if readable else Unreadable)


def test_a_version_that_carries_no_release_json_is_refused() -> None:
    world = published()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", "")
    world.aws.functions.add_version(FUNCTION, buffer.getvalue(), "by hand")
    function = world.aws.functions.function(FUNCTION)
    assert function is not None
    with pytest.raises(Refused, match="was not published by edgerollout"):
        needed_release(world.aws, function, 2, make_environment())


def test_the_newest_invalidation_of_ours_is_found_behind_a_colleagues() -> None:
    world = published()
    world.aws.cloudfront.invalidate("E1", ("/*",), "theirs")
    newest = read(world).invalidations["E1"]
    assert newest is not None
    assert newest.caller_reference.startswith("edgerollout-1-")
