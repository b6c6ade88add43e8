"""Response headers policies: what is kept, what is refused, what a change does to distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Aws

SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
ACCOUNT = "555555555590"
NOSNIFF = {"SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}}}


def custom(*headers: tuple[str, str]) -> dict[str, Any]:
    items = [{"Header": name, "Value": value, "Override": True} for name, value in headers]
    return {"CustomHeadersConfig": {"Quantity": len(items), "Items": items}}


def csp(value: str) -> dict[str, Any]:
    return {
        "SecurityHeadersConfig": {
            "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": value},
        }
    }


@pytest.fixture
def config(aws: Aws) -> Any:
    """Makes a configuration with a name of its own."""

    def make(*parts: dict[str, Any], **members: Any) -> dict[str, Any]:
        made = {"Name": aws.name("policy"), "Comment": ""}
        for part in parts or (NOSNIFF,):
            made |= part
        return made | members

    return make


def create(aws: Aws, config: dict[str, Any], account: str = "123456789012") -> dict[str, Any]:
    return aws.client("cloudfront", account).create_response_headers_policy(
        ResponseHeadersPolicyConfig=config
    )


def attached(aws: Aws, policy_id: str) -> str:
    """A Deployed distribution with the policy on its default behavior."""
    identity = aws.distribution()

    def attach(found: dict[str, Any]) -> None:
        found["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = policy_id

    aws.edit(identity, attach)
    aws.pass_time(300)
    return identity


def test_a_policy_is_read_as_it_was_made(aws: Aws, config: Any) -> None:
    wanted = config(custom(("Permissions-Policy", "camera=()")), Comment="ours")
    made = create(aws, wanted)
    identity = made["ResponseHeadersPolicy"]["Id"]
    read = aws.cloudfront.get_response_headers_policy(Id=identity)
    assert read["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"] == wanted
    assert read["ETag"] == made["ETag"]
    assert made["Location"].endswith(f"/response-headers-policy/{identity}")
    alone = aws.cloudfront.get_response_headers_policy_config(Id=identity)
    assert (alone["ResponseHeadersPolicyConfig"], alone["ETag"]) == (wanted, made["ETag"])


def test_an_accounts_policies_are_listed_whole_in_pages_behind_the_managed_ones(
    aws: Aws, config: Any
) -> None:
    client = aws.client("cloudfront", ACCOUNT)
    made = [create(aws, config(), ACCOUNT)["ResponseHeadersPolicy"]["Id"] for _ in range(3)]
    first = client.list_response_headers_policies(Type="custom", MaxItems="2")["ResponseHeadersPolicyList"]
    rest = client.list_response_headers_policies(Type="custom", Marker=first["NextMarker"])
    items = [*first["Items"], *rest["ResponseHeadersPolicyList"]["Items"]]
    assert [item["ResponseHeadersPolicy"]["Id"] for item in items] == made
    assert all("ResponseHeadersPolicyConfig" in item["ResponseHeadersPolicy"] for item in items)
    assert "NextMarker" not in rest["ResponseHeadersPolicyList"]
    every = client.list_response_headers_policies()["ResponseHeadersPolicyList"]["Items"]
    assert [item["Type"] for item in every] == ["managed"] * 5 + ["custom"] * 3
    refused = aws.refusal(client.list_response_headers_policies, Marker="nothing")
    assert refused.code == "InvalidArgument"


def test_a_behavior_may_name_a_policy_of_its_own_account_only(aws: Aws, config: Any) -> None:
    theirs = create(aws, config(), "222222222222")["ResponseHeadersPolicy"]["Id"]
    identity = aws.distribution()
    read = aws.cloudfront.get_distribution_config(Id=identity)
    read["DistributionConfig"]["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = theirs
    refused = aws.refusal(
        aws.cloudfront.update_distribution,
        Id=identity,
        IfMatch=read["ETag"],
        DistributionConfig=read["DistributionConfig"],
    )
    assert (refused.code, refused.status) == ("NoSuchResponseHeadersPolicy", 404)


def test_a_changed_policy_redeploys_its_distributions_and_changes_their_etag(aws: Aws, config: Any) -> None:
    made = create(aws, config())
    identity = attached(aws, made["ResponseHeadersPolicy"]["Id"])
    other = aws.deployed_distribution()
    before = aws.cloudfront.get_distribution(Id=identity)
    untouched = aws.cloudfront.get_distribution(Id=other)["ETag"]
    wanted = config(custom(("X-New", "1")))
    aws.cloudfront.update_response_headers_policy(
        Id=made["ResponseHeadersPolicy"]["Id"], IfMatch=made["ETag"], ResponseHeadersPolicyConfig=wanted
    )
    after = aws.cloudfront.get_distribution(Id=identity)
    assert (before["Distribution"]["Status"], after["Distribution"]["Status"]) == ("Deployed", "InProgress")
    assert after["ETag"] != before["ETag"]
    assert aws.cloudfront.get_distribution(Id=other)["ETag"] == untouched
    aws.pass_time(300)
    told = [view for what, view in aws.edge.about(identity) if what == "deployed"]
    assert list(told[-1].response_policies.values()) == [wanted]
    assert list(told[-2].response_policies.values()) != [wanted]


def test_a_policy_in_use_cannot_be_deleted_and_an_unused_one_can(aws: Aws, config: Any) -> None:
    made = create(aws, config())
    policy = made["ResponseHeadersPolicy"]["Id"]
    identity = attached(aws, policy)
    refused = aws.refusal(aws.cloudfront.delete_response_headers_policy, Id=policy, IfMatch=made["ETag"])
    assert (refused.code, refused.status) == ("ResponseHeadersPolicyInUse", 409)

    def detach(found: dict[str, Any]) -> None:
        found["DefaultCacheBehavior"].pop("ResponseHeadersPolicyId")

    aws.edit(identity, detach)
    aws.cloudfront.delete_response_headers_policy(Id=policy, IfMatch=made["ETag"])
    refused = aws.refusal(aws.cloudfront.get_response_headers_policy, Id=policy)
    assert (refused.code, refused.status) == ("NoSuchResponseHeadersPolicy", 404)


def test_changes_and_deletions_want_the_current_etag(aws: Aws, config: Any) -> None:
    wanted = config()
    made = create(aws, wanted)
    policy = made["ResponseHeadersPolicy"]["Id"]
    for stale, code, status in (
        ("E0000000000", "PreconditionFailed", 412),
        ("no", "InvalidIfMatchVersion", 400),
    ):
        for call, inputs in (
            (aws.cloudfront.update_response_headers_policy, {"ResponseHeadersPolicyConfig": wanted}),
            (aws.cloudfront.delete_response_headers_policy, {}),
        ):
            refused = aws.refusal(call, Id=policy, IfMatch=stale, **inputs)
            assert (refused.code, refused.status) == (code, status)


def test_a_managed_policy_is_never_changed_nor_deleted(aws: Aws, config: Any) -> None:
    etag = aws.cloudfront.get_response_headers_policy(Id=SECURITY_HEADERS)["ETag"]
    update = aws.refusal(
        aws.cloudfront.update_response_headers_policy,
        Id=SECURITY_HEADERS,
        IfMatch=etag,
        ResponseHeadersPolicyConfig=config(),
    )
    delete = aws.refusal(aws.cloudfront.delete_response_headers_policy, Id=SECURITY_HEADERS, IfMatch=etag)
    assert (update.code, delete.code) == ("IllegalUpdate", "IllegalDelete")


def test_two_policies_of_an_account_never_have_one_name(aws: Aws, config: Any) -> None:
    taken = create(aws, config())["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"]
    other = create(aws, config())
    made = aws.refusal(
        aws.cloudfront.create_response_headers_policy, ResponseHeadersPolicyConfig=config(Name=taken)
    )
    renamed = aws.refusal(
        aws.cloudfront.update_response_headers_policy,
        Id=other["ResponseHeadersPolicy"]["Id"],
        IfMatch=other["ETag"],
        ResponseHeadersPolicyConfig=config(Name=taken),
    )
    assert (made.code, made.status) == ("ResponseHeadersPolicyAlreadyExists", 409)
    assert renamed.code == "ResponseHeadersPolicyAlreadyExists"


def test_an_account_has_twenty_policies_at_most(aws: Aws, config: Any) -> None:
    account = "555555555591"
    for _ in range(20):
        create(aws, config(), account)
    call = aws.client("cloudfront", account).create_response_headers_policy
    refused = aws.refusal(call, ResponseHeadersPolicyConfig=config())
    assert (refused.code, refused.status) == ("TooManyResponseHeadersPolicies", 400)


def test_a_longer_csp_is_taken_where_aws_has_raised_that_quota(aws: Aws, config: Any) -> None:
    aws.adjust(csp_characters=2000)
    assert create(aws, config(csp("a" * 2000)))["ResponseHeadersPolicy"]["Id"]
    refused = aws.refusal(
        aws.cloudfront.create_response_headers_policy, ResponseHeadersPolicyConfig=config(csp("a" * 2001))
    )
    assert refused.code == "TooLongCSPInResponseHeadersPolicy"


def test_a_policy_serves_so_many_distributions_and_no_more(aws: Aws, config: Any) -> None:
    aws.adjust(distributions_per_response_headers_policy=1)
    policy = create(aws, config())["ResponseHeadersPolicy"]["Id"]
    attached(aws, policy)
    wanted = aws.config()
    wanted["DefaultCacheBehavior"]["ResponseHeadersPolicyId"] = policy
    refused = aws.refusal(aws.cloudfront.create_distribution, DistributionConfig=wanted)
    assert refused.code == "TooManyDistributionsAssociatedToResponseHeadersPolicy"


REMOVED = {"RemoveHeadersConfig": {"Quantity": 11, "Items": [{"Header": f"X-{n}"} for n in range(11)]}}
CORS = {
    "AccessControlAllowOrigins": {"Quantity": 1, "Items": ["*"]},
    "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["*"]},
    "AccessControlAllowMethods": {"Quantity": 1, "Items": ["GET"]},
    "AccessControlAllowCredentials": False,
    "OriginOverride": True,
}


SECURITY = "is a security header and cannot be set as custom header."
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "a long CSP": (csp("a" * 1784), "TooLongCSPInResponseHeadersPolicy", "exceeds the maximum"),
    "eleven custom headers": (
        custom(*((f"X-{n}", "1") for n in range(11))),
        "TooManyCustomHeadersInResponseHeadersPolicy",
        "number of custom headers",
    ),
    "eleven removed headers": (REMOVED, "TooManyRemoveHeadersInResponseHeadersPolicy", "RemoveHeadersConfig"),
    "a security header as custom": (
        custom(("content-security-policy", "default-src 'self'")),
        "InvalidArgument",
        f"The parameter CustomHeaders contains content-security-policy that {SECURITY}",
    ),
    "a CORS header as custom": (
        custom(("Access-Control-Allow-Origin", "*")),
        "InvalidArgument",
        "cannot be set as custom header",
    ),
    "a long value": (custom(("X-Long", "a" * 1784)), "InvalidArgument", "1783"),
    "long values together": (custom(*((f"X-{n}", "a" * 1783) for n in range(6))), "InvalidArgument", "10240"),
    "a header twice": (custom(("X-Twice", "1"), ("x-twice", "2")), "InvalidArgument", "duplicate"),
    "no header name": (custom(("not a name", "1")), "InvalidArgument", "not a name"),
    "a long comment": ({"Comment": "c" * 129} | NOSNIFF, "InvalidArgument", "Comment"),
    "a name with spaces": ({"Name": "no spaces here"} | NOSNIFF, "InvalidArgument", "Name"),
    "no header at all": ({"Comment": "nothing"}, "InvalidArgument", "at least one header"),
    "two ways to block XSS": (
        {
            "SecurityHeadersConfig": {
                "XSSProtection": {
                    "Override": True,
                    "Protection": True,
                    "ModeBlock": True,
                    "ReportUri": "https://r.example.com/",
                }
            }
        },
        "InvalidArgument",
        "ReportUri",
    ),
    "credentials for everyone": (
        {"CorsConfig": CORS | {"AccessControlAllowCredentials": True}},
        "InvalidArgument",
        "Credentials",
    ),
    "CORS without headers": (
        {"CorsConfig": CORS | {"AccessControlAllowHeaders": {"Quantity": 0, "Items": []}}},
        "InvalidArgument",
        "AccessControlAllowHeaders",
    ),
    "a rate over 100": (
        {"ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 101.0}},
        "InvalidArgument",
        "SamplingRate",
    ),
    "a wrong quantity": (
        {"CustomHeadersConfig": custom(("X-A", "1"))["CustomHeadersConfig"] | {"Quantity": 2}},
        "InconsistentQuantities",
        "Quantity",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cloudfront_refuses_in_a_policy(aws: Aws, config: Any, what: str) -> None:
    parts, code, words = REFUSED[what]
    refused = aws.refusal(
        aws.cloudfront.create_response_headers_policy, ResponseHeadersPolicyConfig=config(parts)
    )
    assert (refused.code, refused.status) == (code, 400)
    assert words in refused.message


def test_a_policy_at_every_limit_is_taken(aws: Aws, config: Any) -> None:
    headers = [
        ("Content-Security-Policy-Report-Only", "a" * 1783),
        *((f"X-{n}", "a" * 900) for n in range(9)),
    ]
    removed = {"RemoveHeadersConfig": {"Quantity": 10, "Items": REMOVED["RemoveHeadersConfig"]["Items"][:10]}}  # type: ignore[index]
    made = create(aws, config(csp("a" * 1783), custom(*headers), removed))
    assert made["ResponseHeadersPolicy"]["Id"]
