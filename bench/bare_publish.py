"""What a person would write with boto3 alone to publish a new release of an existing function.

The same calls as `edgerollout publish` makes, one after the other (bench.publish compares the sandbox's
logs), and nothing of what the tool adds: no plan, no checks, no conflicts, no resuming.

Arguments: endpoint URL, function name, role name, distribution alias, zip file.
"""

from __future__ import annotations

import json
import sys
import urllib.request
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3


def main(endpoint: str, function: str, role: str, alias: str, bundle: str) -> None:
    """Publish, attach to every behavior, wait, invalidate."""
    session = boto3.Session(region_name="us-east-1")
    sts = session.client("sts", endpoint_url=endpoint)
    cloudfront = session.client("cloudfront", endpoint_url=endpoint)
    functions = session.client("lambda", endpoint_url=endpoint)
    iam = session.client("iam", endpoint_url=endpoint)
    sts.get_caller_identity()
    listed = cloudfront.list_distributions(MaxItems="100")["DistributionList"]["Items"]
    [(distribution, arn)] = [
        (summary["Id"], summary["ARN"]) for summary in listed if alias in summary["Aliases"].get("Items", ())
    ]
    functions.get_function(FunctionName=function)
    versions = functions.list_versions_by_function(FunctionName=function, MaxItems=50)["Versions"]
    live = max(int(version["Version"]) for version in versions if version["Version"] != "$LATEST")
    made = cloudfront.list_invalidations(DistributionId=distribution, MaxItems="100")["InvalidationList"]
    cloudfront.get_invalidation(DistributionId=distribution, Id=made["Items"][0]["Id"])
    code = functions.get_function(FunctionName=function, Qualifier=str(live))["Code"]["Location"]
    with urllib.request.urlopen(code) as answer, zipfile.ZipFile(BytesIO(answer.read())) as archive:
        json.loads(archive.read("release.json"))
    iam.get_role(RoleName=role)
    cloudfront.list_tags_for_resource(Resource=arn)

    functions.update_function_code(FunctionName=function, ZipFile=Path(bundle).read_bytes())
    while functions.get_function_configuration(FunctionName=function)["LastUpdateStatus"] == "InProgress":
        pass
    version = functions.publish_version(FunctionName=function)
    while (
        functions.get_function_configuration(FunctionName=function, Qualifier=version["Version"])["State"]
        == "Pending"
    ):
        pass
    found = cloudfront.get_distribution_config(Id=distribution)
    config = found["DistributionConfig"]
    for behavior in (config["DefaultCacheBehavior"], *config["CacheBehaviors"].get("Items", ())):
        behavior["LambdaFunctionAssociations"] = _trigger(version["FunctionArn"])
    cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)
    while cloudfront.get_distribution(Id=distribution)["Distribution"]["Status"] != "Deployed":
        pass
    invalidation = cloudfront.create_invalidation(
        DistributionId=distribution,
        InvalidationBatch={
            "Paths": {"Quantity": 1, "Items": ["/*"]},
            "CallerReference": f"bare-{version['Version']}",
        },
    )["Invalidation"]["Id"]
    while (
        cloudfront.get_invalidation(DistributionId=distribution, Id=invalidation)["Invalidation"]["Status"]
        != "Completed"
    ):
        pass


def _trigger(arn: str) -> dict[str, Any]:
    return {
        "Quantity": 1,
        "Items": [{"LambdaFunctionARN": arn, "EventType": "origin-response", "IncludeBody": False}],
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
