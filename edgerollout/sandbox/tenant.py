"""One account of the sandbox, as its owner uses it: the few calls that seeding needs."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from edgerollout.aws.credentials import isolated_session, of_sandbox
from edgerollout.aws.models import service_models

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import (
        DistributionConfigTypeDef,
        TagsTypeDef,
    )
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient

    from edgerollout.sandbox.sample_site import SiteFile

REGION: Final = "us-east-1"
_ACCESS_CONTROL: Final = "sample-site"
_LONG_AGO: Final = (2026, 1, 1, 0, 0, 0)


class _Buckets(Protocol):
    """The part of boto3's S3 client that is used here (we do not depend on its stubs)."""

    def list_buckets(self) -> Mapping[str, Sequence[Mapping[str, str]]]: ...

    def create_bucket(self, **inputs: object) -> object: ...

    def put_object(self, **inputs: object) -> object: ...


class Tenant:
    """The account with this number. Methods raise botocore's ClientError when the sandbox refuses."""

    def __init__(self, account: str, endpoint_url: str, secret: str) -> None:
        """`secret` is the sandbox's secret access key."""
        import boto3
        from botocore.config import Config

        self.account = account
        # The user's own AWS configuration must not send these clients anywhere else.
        alone = isolated_session(of_sandbox(account, secret))
        alone.register_component("data_loader", service_models(None))
        session = boto3.Session(botocore_session=alone)
        config = Config(
            proxies={},
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            use_fips_endpoint=False,
            use_dualstack_endpoint=False,
        )
        self._cloudfront: CloudFrontClient = session.client(
            "cloudfront", region_name=REGION, endpoint_url=endpoint_url, config=config
        )
        self._functions: LambdaClient = session.client(
            "lambda", region_name=REGION, endpoint_url=endpoint_url, config=config
        )
        self._roles: IAMClient = session.client(
            "iam", region_name=REGION, endpoint_url=endpoint_url, config=config
        )
        self._buckets: _Buckets = session.client(
            "s3", region_name=REGION, endpoint_url=endpoint_url, config=config
        )

    def has_bucket(self, bucket: str) -> bool:
        return any(found["Name"] == bucket for found in self._buckets.list_buckets()["Buckets"])

    def make_bucket(self, bucket: str, region: str, files: Mapping[str, SiteFile]) -> None:
        """A bucket with `files` in it, by key."""
        # us-east-1 is the only region that S3 does not accept as a constraint.
        constraint = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self._buckets.create_bucket(Bucket=bucket, **constraint)
        self.put_files(bucket, files)

    def put_files(self, bucket: str, files: Mapping[str, SiteFile]) -> None:
        """Put `files` into an existing bucket, by key."""
        for key, file in files.items():
            self._buckets.put_object(
                Bucket=bucket,
                Key=key,
                Body=file.body,
                ContentType=file.content_type,
                CacheControl=file.cache_control,
            )

    @cached_property
    def access_control(self) -> str:
        """The id of the account's origin access control, made when there is none."""
        listed = self._cloudfront.list_origin_access_controls()["OriginAccessControlList"]
        for control in listed.get("Items", ()):
            if control["Name"] == _ACCESS_CONTROL:
                return control["Id"]
        made = self._cloudfront.create_origin_access_control(
            OriginAccessControlConfig={
                "Name": _ACCESS_CONTROL,
                "SigningProtocol": "sigv4",
                "SigningBehavior": "always",
                "OriginAccessControlOriginType": "s3",
            }
        )
        return made["OriginAccessControl"]["Id"]

    def distributions(self) -> Mapping[str, str]:
        """The ids of the account's distributions, by their aliases and by themselves."""
        found: dict[str, str] = {}
        for page in self._cloudfront.get_paginator("list_distributions").paginate():
            for distribution in page["DistributionList"].get("Items", ()):
                found.update(
                    dict.fromkeys(
                        (distribution["Id"], *distribution["Aliases"].get("Items", ())), distribution["Id"]
                    )
                )
        return found

    def create_distribution(self, config: DistributionConfigTypeDef, *, purpose: str) -> str:
        """Create a distribution. Returns its id."""
        tags: TagsTypeDef = {
            "Items": [{"Key": "purpose", "Value": purpose}, {"Key": "made-by", "Value": "sandbox"}]
        }
        made = self._cloudfront.create_distribution_with_tags(
            DistributionConfigWithTags={"DistributionConfig": config, "Tags": tags}
        )
        return made["Distribution"]["Id"]

    def add_aliases(self, identity: str, aliases: Iterable[str]) -> None:
        """Add those aliases that the distribution does not have."""
        read = self._cloudfront.get_distribution_config(Id=identity)
        config = read["DistributionConfig"]
        present = config.get("Aliases", {}).get("Items", [])
        wanted = list(dict.fromkeys((*present, *aliases)))
        if len(wanted) > len(present):
            config["Aliases"] = {"Quantity": len(wanted), "Items": wanted}
            self._cloudfront.update_distribution(Id=identity, IfMatch=read["ETag"], DistributionConfig=config)

    def publish_function(self, name: str, source: str) -> str:
        """The ARN of version 1 of a new Python function, with a role of the same name."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            entry = zipfile.ZipInfo("index.py", _LONG_AGO)
            # Lambda runs the code as another user, which must be able to read it.
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, source)
        self._functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self._role(name),
            Handler="index.handler",
            Code={"ZipFile": buffer.getvalue()},
        )
        return self._functions.publish_version(FunctionName=name)["FunctionArn"]

    def _role(self, name: str) -> str:
        """The ARN of the role, made when there is none."""
        try:
            return self._roles.get_role(RoleName=name)["Role"]["Arn"]
        except self._roles.exceptions.NoSuchEntityException:
            trusted = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]
            statement = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            made = self._roles.create_role(RoleName=name, AssumeRolePolicyDocument=policy)
            return made["Role"]["Arn"]


def new_reference() -> str:
    """A new CallerReference."""
    return f"edgerollout-sandbox-{uuid.uuid4()}"
