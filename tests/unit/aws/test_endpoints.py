from __future__ import annotations

import pytest

from edgerollout.aws.endpoints import SERVICES, Endpoints, check_partition, configured, given, loopback
from edgerollout.errors import ExitCode, UsageError


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:5000",
        "http://127.9.8.7",
        "https://localhost:4566/",
        "http://[::1]:5000",
        "http://LOCALHOST:1",
    ],
)
def test_an_address_of_this_machine_is_loopback(url: str) -> None:
    assert loopback(url)
    assert given(url).custom == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:5000",
        "https://example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://user:secret@127.0.0.1",
        "http://0.0.0.0:5000",
        "http://[::2]:5000",
        "ftp://127.0.0.1",
        "127.0.0.1:5000",
        "http://[::1",
        "http://",
        "",
        "http://2130706433",
    ],
)
def test_any_other_address_is_refused_as_wrong_usage(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        given(url)
    assert refused.value.exit_code is ExitCode.USAGE
    assert "secret" not in str(refused.value)


def test_without_configuration_the_calls_go_to_aws() -> None:
    assert configured({}, {}, {}, ignored=False) == Endpoints()


@pytest.mark.parametrize(
    ("environ", "profile", "services"),
    [
        ({"AWS_ENDPOINT_URL": "http://localhost:4566"}, {}, {}),
        ({}, {"endpoint_url": "http://localhost:4566"}, {}),
        (
            {},
            {"services": "local"},
            {"local": {service: {"endpoint_url": "http://localhost:4566"} for service in SERVICES}},
        ),
        ({f"AWS_ENDPOINT_URL_{name.upper()}": "http://localhost:4566" for name in SERVICES}, {}, {}),
    ],
)
def test_a_configured_endpoint_on_this_machine_is_used_and_known(
    environ: dict[str, str], profile: dict[str, object], services: dict[str, object]
) -> None:
    found = configured(environ, profile, services, ignored=False)
    assert found.custom == "http://localhost:4566"
    assert all(found.of(service) == "http://localhost:4566" for service in SERVICES)


def test_a_configured_endpoint_elsewhere_is_refused_and_named() -> None:
    with pytest.raises(UsageError, match=r"https://evil\.example") as refused:
        configured(
            {"AWS_ENDPOINT_URL": "https://u:secret@evil.example/x?token=secret"}, {}, {}, ignored=False
        )
    assert "secret" not in str(refused.value)


def test_an_endpoint_for_some_services_only_is_refused() -> None:
    with pytest.raises(UsageError, match="only some services"):
        configured({"AWS_ENDPOINT_URL_LAMBDA": "http://localhost:4566"}, {}, {}, ignored=False)


def test_aws_s_own_private_endpoints_count_as_aws() -> None:
    private = "https://vpce-1.sts.us-east-1.vpce.amazonaws.com"
    found = configured({"AWS_ENDPOINT_URL_STS": private}, {}, {}, ignored=False)
    assert found.custom is None
    assert (found.of("sts"), found.of("lambda")) == (private, None)


@pytest.mark.parametrize(
    ("service", "host"),
    [
        ("lambda", "lambda.us-east-1.amazonaws.com"),
        ("lambda", "lambda-fips.us-east-1.amazonaws.com"),
        ("lambda", "lambda.us-east-1.api.aws"),
        ("lambda", "vpce-0a-us-east-1a.lambda.us-east-1.vpce.amazonaws.com"),
        ("sts", "sts.amazonaws.com"),
        ("iam", "iam.global.api.aws"),
        ("cloudfront", "cloudfront-fips.amazonaws.com"),
    ],
)
def test_a_service_s_own_hosts_count_as_aws(service: str, host: str) -> None:
    found = configured({f"AWS_ENDPOINT_URL_{service.upper()}": f"https://{host}"}, {}, {}, ignored=False)
    assert found == Endpoints(private={service: f"https://{host}"})


@pytest.mark.parametrize(
    "host",
    [
        "a1b2c3.execute-api.us-east-1.amazonaws.com",
        "lambda-1234567890.us-east-1.elb.amazonaws.com",
        "lambda.us-east-1.elb.amazonaws.com",
        "ec2-192-0-2-7.compute-1.amazonaws.com",
        "lambda.s3.amazonaws.com",
        "lambda.s3.us-east-1.amazonaws.com",
        "sts.us-east-1.amazonaws.com",
        "x.lambda.us-east-1.amazonaws.com",
        "lambda.us-east-1.amazonaws.com.evil.example",
        "lambda.us-east-1.amazonaws.com:8443",
        "user@lambda.us-east-1.amazonaws.com",
        "abc.lambda-url.us-east-1.on.aws",
    ],
)
def test_hosts_of_anybody_s_below_aws_s_names_do_not(host: str) -> None:
    with pytest.raises(UsageError, match="neither AWS's own nor on this machine"):
        configured({"AWS_ENDPOINT_URL_LAMBDA": f"https://{host}"}, {}, {}, ignored=False)


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("cn-north-1", "China"),
        ("us-gov-west-1", "GovCloud"),
        ("us-iso-east-1", "partition"),
        ("eusc-de-east-1", "European"),
    ],
)
def test_a_region_without_lambda_at_edge_is_told_in_one_line(region: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        check_partition(region)


def test_any_commercial_region_or_none_is_well() -> None:
    for region in (None, "us-east-1", "eu-central-2", "ca-west-1"):
        check_partition(region)


def test_configured_endpoints_can_be_ignored() -> None:
    assert configured({"AWS_ENDPOINT_URL": "https://evil.example"}, {}, {}, ignored=True) == Endpoints()


def test_a_service_s_variable_goes_before_the_general_one() -> None:
    environ = {"AWS_ENDPOINT_URL": "http://localhost:1"} | {
        f"AWS_ENDPOINT_URL_{name.upper()}": "http://localhost:2" for name in SERVICES
    }
    assert configured(environ, {}, {}, ignored=False).custom == "http://localhost:2"
