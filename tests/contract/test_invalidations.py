"""CloudFront's invalidations, as AWS answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Aws


def test_a_new_invalidation_is_in_progress_with_its_location(aws: Aws) -> None:
    identity = aws.distribution()
    made = aws.invalidate(identity, "/*", reference="edgerollout-1")
    invalidation = made["Invalidation"]
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["Location"].endswith(f"/distribution/{identity}/invalidation/{invalidation['Id']}")
    assert invalidation["Status"] == "InProgress"
    assert invalidation["CreateTime"] == aws.now
    assert invalidation["InvalidationBatch"] == {
        "CallerReference": "edgerollout-1",
        "Paths": {"Quantity": 1, "Items": ["/*"]},
    }


def test_invalidations_in_progress_are_counted(aws: Aws) -> None:
    identity = aws.distribution()

    def count() -> int:
        return aws.cloudfront.get_distribution(Id=identity)["Distribution"]["InProgressInvalidationBatches"]

    aws.invalidate(identity, "/*")
    assert count() == 1
    aws.pass_time(60)
    assert count() == 0


def test_an_invalidation_completes_after_its_window(aws: Aws) -> None:
    identity = aws.distribution()
    made = aws.invalidate(identity, "/index.html")["Invalidation"]["Id"]

    def status() -> str:
        return aws.cloudfront.get_invalidation(DistributionId=identity, Id=made)["Invalidation"]["Status"]

    assert status() == "InProgress"
    aws.pass_time(59)
    assert status() == "InProgress"
    aws.pass_time(1)
    assert status() == "Completed"


def test_the_sdks_waiter_for_invalidations_returns(aws: Aws) -> None:
    identity = aws.distribution()
    made = aws.invalidate(identity, "/*")["Invalidation"]["Id"]
    aws.pass_time(60)
    aws.cloudfront.get_waiter("invalidation_completed").wait(DistributionId=identity, Id=made)


def test_the_same_reference_and_paths_return_the_same_invalidation(aws: Aws) -> None:
    identity = aws.distribution()
    first = aws.invalidate(identity, "/a", "/b", reference="once")["Invalidation"]
    aws.pass_time(60)
    again = aws.invalidate(identity, "/b", "/a", reference="once")["Invalidation"]
    assert (again["Id"], again["Status"]) == (first["Id"], "Completed")
    assert aws.cloudfront.list_invalidations(DistributionId=identity)["InvalidationList"]["Quantity"] == 1


def test_the_same_reference_with_other_paths_is_refused(aws: Aws) -> None:
    identity = aws.distribution()
    aws.invalidate(identity, "/a", reference="once")
    with pytest.raises(aws.cloudfront.exceptions.ClientError) as caught:
        aws.invalidate(identity, "/b", reference="once")
    assert caught.value.response["Error"]["Code"] == "InvalidationBatchAlreadyExists"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("paths", [["index.html"], ["*"], ["/a*b"], ["/~user"], ["/" + "x" * 4000], []])
def test_paths_that_cannot_be_invalidated_are_refused(aws: Aws, paths: list[str]) -> None:
    refusal = aws.refusal(
        aws.cloudfront.create_invalidation,
        DistributionId=aws.distribution(),
        InvalidationBatch={
            "CallerReference": "x",
            "Paths": {"Quantity": len(paths), "Items": paths},
        },
    )
    assert (refusal.code, refusal.status) == ("InvalidArgument", 400)


def test_a_quantity_that_is_not_the_number_of_paths_is_refused(aws: Aws) -> None:
    refusal = aws.refusal(
        aws.cloudfront.create_invalidation,
        DistributionId=aws.distribution(),
        InvalidationBatch={"CallerReference": "x", "Paths": {"Quantity": 2, "Items": ["/*"]}},
    )
    assert (refusal.code, refusal.status) == ("InconsistentQuantities", 400)


def test_an_unknown_distribution_or_invalidation_is_not_found(aws: Aws) -> None:
    batch = {"CallerReference": "x", "Paths": {"Quantity": 1, "Items": ["/*"]}}
    unknown = aws.refusal(
        aws.cloudfront.create_invalidation, DistributionId="E0000000000000", InvalidationBatch=batch
    )
    assert (unknown.code, unknown.status) == ("NoSuchDistribution", 404)
    missing = aws.refusal(aws.cloudfront.get_invalidation, DistributionId=aws.distribution(), Id="I0")
    assert (missing.code, missing.status) == ("NoSuchInvalidation", 404)


def test_fifteen_wildcards_may_be_in_progress_at_once(aws: Aws) -> None:
    identity = aws.distribution()
    for number in range(15):
        aws.invalidate(identity, f"/{number}/*")
    batch: dict[str, Any] = {"CallerReference": "one-more", "Paths": {"Quantity": 1, "Items": ["/*"]}}
    refusal = aws.refusal(
        aws.cloudfront.create_invalidation, DistributionId=identity, InvalidationBatch=batch
    )
    assert (refusal.code, refusal.status) == ("TooManyInvalidationsInProgress", 400)
    assert refusal.message == (
        "Processing your request will cause you to exceed the maximum number of in-progress "
        "wildcard invalidations."
    )
    aws.invalidate(identity, "/no-wildcard")
    aws.pass_time(60)
    assert aws.invalidate(identity, "/*")


def test_plain_paths_have_their_own_limit(aws: Aws) -> None:
    aws.adjust(invalidation_paths=3)
    identity = aws.distribution()
    aws.invalidate(identity, "/a", "/b", "/*")
    refusal = aws.refusal(
        aws.cloudfront.create_invalidation,
        DistributionId=identity,
        InvalidationBatch={"CallerReference": "x", "Paths": {"Quantity": 2, "Items": ["/c", "/d"]}},
    )
    assert refusal.code == "TooManyInvalidationsInProgress"


def test_invalidations_are_listed_newest_first_in_pages(aws: Aws) -> None:
    identity = aws.distribution()
    made = []
    for number in range(5):
        aws.pass_time(1)
        made.append(aws.invalidate(identity, f"/{number}")["Invalidation"]["Id"])
    page = aws.cloudfront.list_invalidations(DistributionId=identity, MaxItems="2")["InvalidationList"]
    assert (page["IsTruncated"], page["NextMarker"], page["MaxItems"]) == (True, made[-2], 2)
    assert set(page["Items"][0]) == {"Id", "CreateTime", "Status"}
    pages = aws.cloudfront.get_paginator("list_invalidations").paginate(
        DistributionId=identity, PaginationConfig={"PageSize": 2}
    )
    listed = [
        invalidation["Id"] for page in pages for invalidation in page["InvalidationList"].get("Items", [])
    ]
    assert listed == made[::-1]


def test_a_distribution_without_invalidations_has_an_empty_list(aws: Aws) -> None:
    listed = aws.cloudfront.list_invalidations(DistributionId=aws.distribution())["InvalidationList"]
    assert (listed["Quantity"], listed["IsTruncated"]) == (0, False)
