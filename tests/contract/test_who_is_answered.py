"""The sandbox answers who knows its secret access key, and no web page."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from conftest import Aws

KEY = "AKIA123456789012"
LIST = "/2020-05-31/distribution"


def ask(
    aws: Aws, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> tuple[int, str, http.client.HTTPMessage]:
    where = urlsplit(aws.server.endpoint_url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port)
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, text, answer.headers


def signed(
    aws: Aws, method: str, path: str, service: str, body: bytes = b"", **headers: str
) -> dict[str, str]:
    request = AWSRequest(method, aws.server.endpoint_url + path, headers, body)
    auth = S3SigV4Auth if service == "s3" else SigV4Auth
    auth(Credentials(KEY, aws.server.secret), service, "us-east-1").add_auth(request)
    return dict(request.headers.items())


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("cloudfront", "list_distributions", "SignatureDoesNotMatch"),
        ("lambda", "list_functions", "InvalidSignatureException"),
        ("iam", "list_roles", "SignatureDoesNotMatch"),
        ("sts", "get_caller_identity", "SignatureDoesNotMatch"),
        ("s3", "list_buckets", "SignatureDoesNotMatch"),
    ],
)
def test_another_secret_is_refused_in_the_words_of_the_service(
    aws: Aws, service: str, operation: str, code: str
) -> None:
    client: Any = boto3.client(
        service,
        endpoint_url=aws.server.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key="sandbox",
        config=Config(retries={"total_max_attempts": 1}),
    )
    refusal = aws.refusal(getattr(client, operation))
    assert (refusal.code, refusal.status) == (code, 403)


@pytest.mark.parametrize(
    ("service", "code"), [("sts", "InvalidClientTokenId"), ("lambda", "UnrecognizedClientException")]
)
def test_a_key_that_nobody_gave_out_is_refused(aws: Aws, service: str, code: str) -> None:
    client: Any = boto3.client(
        service,
        endpoint_url=aws.server.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="AKIDNOBODY",
        aws_secret_access_key=aws.server.secret,
    )
    call = client.get_caller_identity if service == "sts" else client.list_functions
    assert (aws.refusal(call).code, aws.refusal(call).status) == (code, 403)


def test_a_key_of_a_user_is_good_with_its_own_secret_only(aws: Aws) -> None:
    name = aws.name("user")
    aws.iam.create_user(UserName=name)
    key = aws.iam.create_access_key(UserName=name)["AccessKey"]

    def who(secret: str) -> Any:
        return boto3.client(
            "sts",
            endpoint_url=aws.server.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=secret,
        )

    assert who(key["SecretAccessKey"]).get_caller_identity()["Account"] == "123456789012"
    assert aws.refusal(who(aws.server.secret).get_caller_identity).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("method", "path", "service", "body"),
    [
        ("GET", f"{LIST}?MaxItems=1&Marker=a%2Fb%20c", "cloudfront", b""),
        ("GET", "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Af/x", "lambda", b""),
        ("PUT", "/signed-bucket-1/a%20b/~c", "s3", b"body"),
    ],
)
def test_what_was_signed_is_what_must_arrive(
    aws: Aws, method: str, path: str, service: str, body: bytes
) -> None:
    headers = signed(aws, method, path, service, body)
    assert ask(aws, method, path, headers, body)[0] != 403
    assert ask(aws, method, path, headers, body + b"more")[0] == 403
    assert ask(aws, method, path + "/x" if "?" not in path else path + "x", headers, body)[0] == 403
    assert ask(aws, "DELETE", path, headers, body)[0] == 403
    assert ask(aws, method, path, {**headers, "X-Amz-Date": "20200101T000000Z"}, body)[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        LIST,
        f"{LIST}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY}/20261122/us-east-1/cloudfront/"
        "aws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "0" * 64,
        "/moto-api/",
        "/moto-api/data.json",
        "/_sandbox/state",
        "/latest/meta-data/iam/security-credentials/",
        "/favicon.ico",
        "/",
    ],
)
def test_without_a_signature_nothing_is_answered(aws: Aws, path: str) -> None:
    before = len(aws.server.calls.calls())
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        status, text, headers = ask(aws, method, path)
        assert status == 403
        assert "123456789012" not in text
        assert not [name for name in headers if name.lower().startswith("access-control-")]
    assert len(aws.server.calls.calls()) == before


@pytest.mark.parametrize(
    "path", ["/moto-api/data.json", "/moto%2Dapi/reset", "/latest/meta-data/", "/favicon.ico"]
)
def test_what_is_moto_s_own_is_not_there_for_those_who_sign_either(aws: Aws, path: str) -> None:
    status, text, _ = ask(aws, "GET", path, signed(aws, "GET", path, "s3"))
    assert (status, text) == (404, "NotFound")


@pytest.mark.parametrize(
    "header",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {"Origin": "https://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_a_page_of_another_site_is_refused_even_with_a_signature(aws: Aws, header: dict[str, str]) -> None:
    headers = signed(aws, "GET", LIST, "cloudfront")
    assert ask(aws, "GET", LIST, headers)[0] == 200
    status, text, _ = ask(aws, "GET", LIST, {**headers, **header})
    assert (status, json.loads(text)) == (403, {"error": "requests from web pages are refused"})


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.nip.io:80", "", "cloudfront.amazonaws.com"])
def test_under_a_name_that_somebody_pointed_here_nothing_is_answered(aws: Aws, host: str) -> None:
    headers = signed(aws, "GET", LIST, "cloudfront", Host=host)
    assert ask(aws, "GET", LIST, {**headers, "Host": host})[0] == 403


def test_code_is_downloaded_by_its_url_alone_and_by_no_page(aws: Aws) -> None:
    name = aws.function()
    location = aws.functions.get_function(FunctionName=name)["Code"]["Location"]
    path = location.removeprefix(aws.server.endpoint_url)
    assert ask(aws, "GET", path)[0] == 200
    assert ask(aws, "GET", path, {"Sec-Fetch-Site": "cross-site"})[0] == 403


_AS_NOBODY = """
import json, sys, urllib.error, urllib.request
endpoint, key = sys.argv[1:]
scope = f"{key}/20261122/us-east-1/"
def ask(method, path, service, body):
    credential = f"Credential={scope}{service}/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 {credential}, SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
    headers = {"Authorization": authorization, "X-Amz-Date": "20261122T000000Z"}
    request = urllib.request.Request(endpoint + path, body, headers, method=method)
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code
print(json.dumps([
    ask("POST", "/2015-03-31/functions", "lambda", b"{}"),
    ask("POST", "/2020-05-31/distribution", "cloudfront", b"<DistributionConfig/>"),
    ask("GET", "/2015-03-31/functions", "lambda", None),
    ask("POST", "/_sandbox/shutdown", "sandbox", b"{}"),
    ask("POST", "/moto-api/reset", "s3", b""),
]))
"""


def test_a_program_that_does_not_know_the_secret_gets_nothing(aws: Aws) -> None:
    """Such as one of another user of this machine."""
    before = aws.server.plane.summary()
    told = subprocess.run(
        (sys.executable, "-c", _AS_NOBODY, aws.server.endpoint_url, KEY),
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(told.stdout) == [403] * 5
    assert aws.server.plane.summary() == before
