"""CloudFront's lists, tags and managed policies, as AWS answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Aws

SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"


def test_distributions_are_listed_in_pages_without_gap_or_repeat(aws: Aws) -> None:
    account = "555555555555"
    client = aws.client("cloudfront", account)
    made = [aws.distribution(account=account) for _ in range(8)]
    first = client.list_distributions(MaxItems="3")["DistributionList"]
    assert (first["Quantity"], first["IsTruncated"], bool(first["NextMarker"])) == (3, True, True)
    pages = list(client.get_paginator("list_distributions").paginate(PaginationConfig={"PageSize": 3}))
    assert [page["DistributionList"]["Quantity"] for page in pages] == [3, 3, 2]
    assert [
        distribution["Id"] for page in pages for distribution in page["DistributionList"]["Items"]
    ] == made


def test_a_page_goes_on_behind_a_distribution_deleted_meanwhile(aws: Aws) -> None:
    account = "555555555556"
    client = aws.client("cloudfront", account)
    made = [aws.distribution(account=account, Enabled=False) for _ in range(4)]
    aws.pass_time(300)
    marker = client.list_distributions(MaxItems="2")["DistributionList"]["NextMarker"]
    client.delete_distribution(Id=made[1], IfMatch=client.get_distribution(Id=made[1])["ETag"])
    rest = client.list_distributions(Marker=marker)["DistributionList"]["Items"]
    assert [item["Id"] for item in rest] == made[2:]


def test_a_page_holds_a_hundred_at_most(aws: Aws) -> None:
    account = "555555555557"
    for _ in range(101):
        aws.distribution(account=account)
    page = aws.client("cloudfront", account).list_distributions(MaxItems="1000")["DistributionList"]
    assert (page["Quantity"], page["MaxItems"], page["IsTruncated"]) == (100, 100, True)


def test_an_account_without_distributions_has_an_empty_list(aws: Aws) -> None:
    listed = aws.client("cloudfront", "555555555558").list_distributions()["DistributionList"]
    assert (listed["Quantity"], listed["IsTruncated"]) == (0, False)
    assert "Items" not in listed


def test_a_summary_shows_status_time_arn_aliases_etag_and_every_trigger(aws: Aws) -> None:
    account = "123456789012"
    arn = aws.version()
    alias = f"{aws.name('www')}.example.com"
    identity = aws.distribution(
        aws.trigger(arn), paths=("/a/*", "/b/*"), Aliases={"Quantity": 1, "Items": [alias]}
    )
    pages = aws.client("cloudfront", account).get_paginator("list_distributions").paginate()
    summary = next(
        distribution
        for page in pages
        for distribution in page["DistributionList"]["Items"]
        if distribution["Id"] == identity
    )
    assert summary["Status"] == "InProgress"
    assert summary["LastModifiedTime"] == aws.now
    assert summary["ARN"] == f"arn:aws:cloudfront::{account}:distribution/{identity}"
    assert summary["ETag"] == aws.cloudfront.get_distribution(Id=identity)["ETag"]
    assert summary["Aliases"] == {"Quantity": 1, "Items": [alias]}
    assert summary["AliasICPRecordals"] == [{"CNAME": alias, "ICPRecordalStatus": "APPROVED"}]
    behaviors = [summary["DefaultCacheBehavior"], *summary["CacheBehaviors"]["Items"]]
    assert [
        behavior["LambdaFunctionAssociations"]["Items"][0]["LambdaFunctionARN"] for behavior in behaviors
    ] == [arn] * 3
    assert {"Origins", "Comment", "Enabled", "ViewerCertificate", "HttpVersion", "Staging"} <= set(summary)


@pytest.mark.parametrize(
    ("operation", "member", "policy"),
    [
        (
            "list_distributions_by_cache_policy_id",
            "CachePolicyId",
            "658327ea-f89d-4fab-a63d-7e88639e58f6",
        ),
        ("list_distributions_by_response_headers_policy_id", "ResponseHeadersPolicyId", SECURITY_HEADERS),
    ],
)
def test_distributions_are_found_by_the_policies_they_use(
    aws: Aws, operation: str, member: str, policy: str
) -> None:
    identity = aws.distribution(paths=("/a/*",))
    aws.edit(identity, lambda config: config["CacheBehaviors"]["Items"][0].update({member: policy}))
    listed = getattr(aws.cloudfront, operation)(**{member: policy})["DistributionIdList"]
    assert identity in listed["Items"]


def test_conflicting_aliases_of_other_accounts_are_masked(aws: Aws) -> None:
    name = aws.name("conflict")
    theirs = aws.distribution(
        account="222222222222", Aliases={"Quantity": 1, "Items": [f"*.{name}.example.com"]}
    )
    ours = aws.distribution()
    listed = aws.cloudfront.list_conflicting_aliases(DistributionId=ours, Alias=f"www.{name}.example.com")
    assert listed["ConflictingAliasesList"]["Items"] == [
        {
            "Alias": f"*.{name}.example.com",
            "DistributionId": "*" * 8 + theirs[-6:],
            "AccountId": "******222222",
        }
    ]


def test_tags_merge_and_go(aws: Aws) -> None:
    arn = f"arn:aws:cloudfront::123456789012:distribution/{aws.distribution()}"

    def tags() -> dict[str, str]:
        listed = aws.cloudfront.list_tags_for_resource(Resource=arn)["Tags"]["Items"]
        return {tag["Key"]: tag["Value"] for tag in listed}

    assert tags() == {}
    aws.cloudfront.tag_resource(Resource=arn, Tags={"Items": [{"Key": "team", "Value": "web"}]})
    aws.cloudfront.tag_resource(Resource=arn, Tags={"Items": [{"Key": "rollout", "Value": "1"}]})
    assert tags() == {"team": "web", "rollout": "1"}
    aws.cloudfront.untag_resource(Resource=arn, TagKeys={"Items": ["team"]})
    assert tags() == {"rollout": "1"}


@pytest.mark.parametrize("operation", ["tag_resource", "untag_resource", "list_tags_for_resource"])
def test_tags_of_an_unknown_resource_are_refused(aws: Aws, operation: str) -> None:
    inputs = {
        "tag_resource": {"Tags": {"Items": [{"Key": "a", "Value": "b"}]}},
        "untag_resource": {"TagKeys": {"Items": ["a"]}},
    }.get(operation, {})
    refusal = aws.refusal(
        getattr(aws.cloudfront, operation),
        Resource="arn:aws:cloudfront::123456789012:distribution/E0000000000000",
        **inputs,
    )
    assert (refusal.code, refusal.status) == ("NoSuchResource", 404)


def test_tagged_distributions_are_found_by_the_tagging_api(aws: Aws) -> None:
    arn = f"arn:aws:cloudfront::123456789012:distribution/{aws.distribution()}"
    aws.cloudfront.tag_resource(Resource=arn, Tags={"Items": [{"Key": "site", "Value": "shop"}]})
    found = aws.client("resourcegroupstaggingapi").get_resources(
        ResourceTypeFilters=["cloudfront:distribution"], TagFilters=[{"Key": "site", "Values": ["shop"]}]
    )["ResourceTagMappingList"]
    assert found == [{"ResourceARN": arn, "Tags": [{"Key": "site", "Value": "shop"}]}]
    other = aws.client("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "site", "Values": ["no"]}]
    )
    assert other["ResourceTagMappingList"] == []


def test_the_five_managed_response_headers_policies_are_listed(aws: Aws) -> None:
    listed = aws.cloudfront.list_response_headers_policies(Type="managed")["ResponseHeadersPolicyList"]
    names = [item["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"] for item in listed["Items"]]
    assert len(names) == 5
    assert "Managed-SecurityHeadersPolicy" in names
    custom = aws.cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
    assert custom["Quantity"] == 0


def test_a_managed_response_headers_policy_says_what_it_sets(aws: Aws) -> None:
    read = aws.cloudfront.get_response_headers_policy(Id=SECURITY_HEADERS)
    headers = read["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert headers["FrameOptions"] == {"Override": False, "FrameOption": "SAMEORIGIN"}
    assert headers["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 31536000
    refusal = aws.refusal(aws.cloudfront.get_response_headers_policy, Id="unknown")
    assert (refusal.code, refusal.status) == ("NoSuchResponseHeadersPolicy", 404)


def test_managed_cache_policies_can_be_read(aws: Aws) -> None:
    listed = aws.cloudfront.list_cache_policies()["CachePolicyList"]["Items"]
    names = {item["CachePolicy"]["CachePolicyConfig"]["Name"] for item in listed}
    assert {"Managed-CachingOptimized", "Managed-CachingDisabled"} <= names
    read = aws.cloudfront.get_cache_policy(Id="4135ea2d-6df8-44a3-9df3-4b5a84be39ad")["CachePolicy"]
    assert read["CachePolicyConfig"]["MaxTTL"] == 0
    assert aws.refusal(aws.cloudfront.get_cache_policy, Id="unknown").code == "NoSuchCachePolicy"


def test_there_are_no_cloudfront_functions(aws: Aws) -> None:
    assert aws.cloudfront.list_functions()["FunctionList"]["Quantity"] == 0
    refusal = aws.refusal(aws.cloudfront.describe_function, Name="rewrite")
    assert (refusal.code, refusal.status) == ("NoSuchFunctionExists", 404)


def test_an_origin_access_control_can_be_made_read_and_deleted(aws: Aws) -> None:
    made = aws.cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": aws.name("oac"),
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )
    identity = made["OriginAccessControl"]["Id"]
    read = aws.cloudfront.get_origin_access_control(Id=identity)
    assert read["OriginAccessControl"] == made["OriginAccessControl"]
    listed = aws.cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Items"]
    assert identity in [item["Id"] for item in listed]
    aws.cloudfront.delete_origin_access_control(Id=identity, IfMatch=made["ETag"])
    assert (
        aws.refusal(aws.cloudfront.get_origin_access_control, Id=identity).code == "NoSuchOriginAccessControl"
    )


def test_an_origin_access_control_is_changed_under_its_etag_and_keeps_its_name_apart(aws: Aws) -> None:
    def config(name: str, behavior: str = "always") -> dict[str, str]:
        return {
            "Name": name,
            "SigningProtocol": "sigv4",
            "SigningBehavior": behavior,
            "OriginAccessControlOriginType": "s3",
        }

    other, own = aws.name("oac"), aws.name("oac")
    aws.cloudfront.create_origin_access_control(OriginAccessControlConfig=config(other))
    made = aws.cloudfront.create_origin_access_control(OriginAccessControlConfig=config(own))
    identity, update = made["OriginAccessControl"]["Id"], aws.cloudfront.update_origin_access_control
    changed = update(Id=identity, IfMatch=made["ETag"], OriginAccessControlConfig=config(own, "never"))
    read = aws.cloudfront.get_origin_access_control_config(Id=identity)
    assert read["OriginAccessControlConfig"]["SigningBehavior"] == "never"
    assert read["ETag"] == changed["ETag"] != made["ETag"]
    stale = aws.refusal(update, Id=identity, IfMatch=made["ETag"], OriginAccessControlConfig=config(own))
    assert (stale.code, stale.status) == ("PreconditionFailed", 412)
    taken = aws.refusal(update, Id=identity, IfMatch=changed["ETag"], OriginAccessControlConfig=config(other))
    assert taken.code == "OriginAccessControlAlreadyExists"
