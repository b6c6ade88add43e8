"""Lambda's functions and versions, as AWS answers them."""

from __future__ import annotations

import base64
import hashlib
import urllib.error
import urllib.request
import uuid
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Aws


def sha256(code: bytes) -> str:
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


def test_a_function_without_its_role_is_refused(aws: Aws) -> None:
    refusal = aws.refusal(aws.function, role="arn:aws:iam::123456789012:role/nobody")
    assert (refusal.code, refusal.status) == ("InvalidParameterValueException", 400)
    assert refusal.message == "The role defined for the function cannot be assumed by Lambda."


def test_a_role_that_does_not_trust_lambda_is_refused(aws: Aws) -> None:
    role = aws.role(services=("edgelambda.amazonaws.com",))
    assert "cannot be assumed by Lambda" in aws.refusal(aws.function, role=role).message


def test_a_new_role_can_be_assumed_only_after_a_while(aws: Aws) -> None:
    aws.adjust(role_seconds=10)
    role = aws.role()
    assert "cannot be assumed by Lambda" in aws.refusal(aws.function, role=role).message
    aws.pass_time(10)
    assert aws.function(role=role)


def test_a_new_function_is_pending_and_becomes_active(aws: Aws) -> None:
    aws.adjust(function_seconds=5)
    name = aws.function()
    made = aws.functions.get_function_configuration(FunctionName=name)
    assert (made["State"], made["StateReasonCode"], made["Version"]) == ("Pending", "Creating", "$LATEST")
    aws.pass_time(5)
    ready = aws.functions.get_function_configuration(FunctionName=name)
    assert (ready["State"], ready["LastUpdateStatus"]) == ("Active", "Successful")


def test_a_functions_configuration_says_what_was_uploaded(aws: Aws) -> None:
    code = aws.zipped("x = 1")
    made = aws.functions.get_function_configuration(FunctionName=aws.function(Code={"ZipFile": code}))
    assert made["CodeSha256"] == sha256(code)
    assert made["CodeSize"] == len(code)
    assert made["Architectures"] == ["x86_64"]
    assert str(uuid.UUID(made["RevisionId"])) == made["RevisionId"]
    assert made["LastModified"] == "2026-11-22T" + made["LastModified"][11:19] + ".000+0000"


@pytest.mark.parametrize(
    "waiter", ["function_active_v2", "function_updated_v2", "function_active", "function_updated"]
)
def test_the_sdks_waiters_for_functions_return(aws: Aws, waiter: str) -> None:
    aws.functions.get_waiter(waiter).wait(FunctionName=aws.function())


def test_the_sdks_waiter_for_a_published_version_returns(aws: Aws) -> None:
    name = aws.function()
    aws.version(name)
    aws.functions.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1")


def test_a_second_function_of_the_same_name_is_refused(aws: Aws) -> None:
    name = aws.function()
    refusal = aws.refusal(aws.function, FunctionName=name)
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)


def test_a_function_lives_in_its_own_region(aws: Aws) -> None:
    name = aws.function()
    europe = aws.client("lambda", region="eu-west-1")
    refusal = aws.refusal(europe.get_function, FunctionName=name)
    assert (refusal.code, refusal.status) == ("ResourceNotFoundException", 404)
    assert refusal.message == f"Function not found: arn:aws:lambda:eu-west-1:123456789012:function:{name}"


@pytest.mark.parametrize("code", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_code_that_does_not_unzip_is_refused(aws: Aws, code: bytes) -> None:
    refusal = aws.refusal(aws.function, Code={"ZipFile": code})
    assert refusal.code == "InvalidParameterValueException"
    assert refusal.message.startswith("Could not unzip")


def test_an_unknown_runtime_is_refused_with_the_known_ones(aws: Aws) -> None:
    refusal = aws.refusal(aws.function, Runtime="python9.9")
    assert refusal.code == "InvalidParameterValueException"
    assert "Value python9.9 at 'runtime'" in refusal.message
    assert "python3.13" in refusal.message


@pytest.mark.parametrize("setting", [{"MemorySize": 10241}, {"Timeout": 901}, {"Description": "x" * 257}])
def test_settings_out_of_range_are_refused(aws: Aws, setting: dict[str, object]) -> None:
    assert "validation" in aws.refusal(aws.function, **setting).message.lower()


@pytest.mark.parametrize(
    "operation", ["update_function_code", "update_function_configuration", "publish_version"]
)
def test_a_stale_revision_is_refused_with_412(aws: Aws, operation: str) -> None:
    inputs = {"ZipFile": aws.zipped("y = 2")} if operation == "update_function_code" else {}
    refusal = aws.refusal(
        getattr(aws.functions, operation), FunctionName=aws.function(), RevisionId=str(uuid.uuid4()), **inputs
    )
    assert (refusal.code, refusal.status) == ("PreconditionFailedException", 412)


def test_a_dry_run_answers_but_stores_nothing(aws: Aws) -> None:
    name, code = aws.function(), aws.zipped("dry = True")
    before = aws.functions.get_function_configuration(FunctionName=name)
    dry = aws.functions.update_function_code(FunctionName=name, ZipFile=code, DryRun=True)
    after = aws.functions.get_function_configuration(FunctionName=name)
    assert dry["CodeSha256"] == sha256(code)
    assert (after["CodeSha256"], after["RevisionId"]) == (before["CodeSha256"], before["RevisionId"])


def test_a_dry_run_still_refuses_a_bad_zip(aws: Aws) -> None:
    refusal = aws.refusal(
        aws.functions.update_function_code, FunctionName=aws.function(), ZipFile=b"junk", DryRun=True
    )
    assert refusal.code == "InvalidParameterValueException"


def test_new_code_is_in_progress_first_while_the_function_stays_active(aws: Aws) -> None:
    name, code = aws.function(), aws.zipped("z = 3")
    before = aws.functions.get_function_configuration(FunctionName=name)
    aws.adjust(function_seconds=5)
    updated = aws.functions.update_function_code(FunctionName=name, ZipFile=code)
    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    assert updated["CodeSha256"] == sha256(code)
    assert updated["RevisionId"] != before["RevisionId"]
    aws.pass_time(4)
    still = aws.functions.get_function_configuration(FunctionName=name)
    assert still["LastUpdateStatus"] == "InProgress"
    aws.pass_time(1)
    done = aws.functions.get_function_configuration(FunctionName=name)
    assert done["LastUpdateStatus"] == "Successful"


@pytest.mark.parametrize(
    "operation", ["update_function_code", "update_function_configuration", "publish_version"]
)
def test_nothing_changes_while_an_update_is_in_progress(aws: Aws, operation: str) -> None:
    name = aws.function()
    aws.functions.get_function_configuration(FunctionName=name)
    aws.adjust(function_seconds=5)
    aws.functions.update_function_code(FunctionName=name, ZipFile=aws.zipped("busy = 1"))
    inputs = {"ZipFile": aws.zipped("busy = 2")} if operation == "update_function_code" else {}
    refusal = aws.refusal(getattr(aws.functions, operation), FunctionName=name, **inputs)
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)
    assert "An update is in progress for resource: arn:aws:lambda:us-east-1:" in refusal.message


def test_nothing_changes_while_a_function_is_pending(aws: Aws) -> None:
    aws.adjust(function_seconds=5)
    refusal = aws.refusal(aws.functions.publish_version, FunctionName=aws.function())
    assert refusal.code == "ResourceConflictException"
    assert refusal.message.endswith("currently in the following state: Pending")


def test_publishing_other_code_than_expected_is_refused(aws: Aws) -> None:
    code = aws.zipped("here = 1")
    name = aws.function(Code={"ZipFile": code})
    refusal = aws.refusal(aws.functions.publish_version, FunctionName=name, CodeSha256="else")
    assert (refusal.code, refusal.status) == ("InvalidParameterValueException", 400)
    assert refusal.message == (
        f"CodeSHA256 (else) is different from current CodeSHA256 in $LATEST ({sha256(code)}). "
        "Please try again with the CodeSHA256 in $LATEST."
    )


def test_a_published_version_has_a_number_its_own_arn_and_description(aws: Aws) -> None:
    name = aws.function()
    aws.adjust(function_seconds=5)
    aws.pass_time(5)
    published = aws.functions.publish_version(FunctionName=name, Description="rollout A")
    assert published["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert published["Version"] == "1"
    assert published["FunctionArn"] == f"arn:aws:lambda:us-east-1:123456789012:function:{name}:1"
    assert (published["Description"], published["State"]) == ("rollout A", "Pending")
    aws.pass_time(5)
    ready = aws.functions.get_function_configuration(FunctionName=name, Qualifier="1")
    assert (ready["State"], ready["LastUpdateStatus"]) == ("Active", "Successful")


def test_publishing_without_a_change_returns_the_same_version(aws: Aws) -> None:
    name = aws.function()
    aws.functions.publish_version(FunctionName=name, Description="first")
    again = aws.functions.publish_version(FunctionName=name, Description="second")
    assert (again["Version"], again["Description"]) == ("1", "first")


@pytest.mark.parametrize(("makes_version", "version"), [(True, "2"), (False, "1")])
def test_an_identical_upload_makes_a_version_or_not_as_switched(
    aws: Aws, makes_version: bool, version: str
) -> None:
    aws.adjust(identical_upload_makes_version=makes_version)
    code = aws.zipped("same = True")
    name = aws.function(Code={"ZipFile": code})
    aws.functions.publish_version(FunctionName=name)
    aws.functions.update_function_code(FunctionName=name, ZipFile=code)
    assert aws.functions.publish_version(FunctionName=name)["Version"] == version


def test_a_change_of_configuration_makes_a_version_with_the_functions_description(aws: Aws) -> None:
    name = aws.function()
    aws.functions.publish_version(FunctionName=name, Description="rollout A")
    aws.functions.update_function_configuration(FunctionName=name, MemorySize=256, Description="cfg changed")
    published = aws.functions.publish_version(FunctionName=name)
    assert (published["Version"], published["Description"], published["MemorySize"]) == (
        "2",
        "cfg changed",
        256,
    )


def test_a_version_keeps_its_code_configuration_and_description(aws: Aws) -> None:
    code = aws.zipped("old = True")
    name = aws.function(Code={"ZipFile": code})
    aws.functions.publish_version(FunctionName=name, Description="rollout A")
    aws.functions.update_function_code(FunctionName=name, ZipFile=aws.zipped("new = True"))
    aws.functions.update_function_configuration(FunctionName=name, Timeout=9, Description="other")
    kept = aws.functions.get_function(FunctionName=name, Qualifier="1")["Configuration"]
    assert (kept["CodeSha256"], kept["Description"], kept["Timeout"]) == (sha256(code), "rollout A", 3)


def test_the_code_location_downloads_that_versions_zip(aws: Aws) -> None:
    old, new = aws.zipped("old = True"), aws.zipped("new = True")
    name = aws.function(Code={"ZipFile": old})
    arn = aws.version(name)
    aws.functions.update_function_code(FunctionName=name, ZipFile=new)

    def download(**inputs: str) -> bytes:
        location = aws.functions.get_function(**inputs)["Code"]["Location"]
        with urllib.request.urlopen(location) as response:
            return response.read()

    assert download(FunctionName=name, Qualifier="1") == old
    assert download(FunctionName=arn) == old
    assert download(FunctionName=name) == new


def test_a_code_location_expires_and_cannot_be_altered(aws: Aws) -> None:
    name = aws.function()
    location = aws.functions.get_function(FunctionName=name)["Code"]["Location"]
    with pytest.raises(urllib.error.HTTPError) as altered:
        urllib.request.urlopen(location.replace(name, name + "x"))
    aws.pass_time(601)
    with pytest.raises(urllib.error.HTTPError) as expired:
        urllib.request.urlopen(location)
    assert (altered.value.code, expired.value.code) == (403, 403)


def test_the_latest_is_listed_first_then_versions_ascending_with_qualified_arns(aws: Aws) -> None:
    name = aws.function()
    for number in range(3):
        aws.functions.update_function_configuration(FunctionName=name, Description=f"d{number}")
        aws.version(name)
    listed = aws.functions.list_versions_by_function(FunctionName=name)["Versions"]
    assert [item["Version"] for item in listed] == ["$LATEST", "1", "2", "3"]
    assert [item["Description"] for item in listed] == ["d2", "d0", "d1", "d2"]
    assert [item["FunctionArn"].rpartition(f"{name}:")[2] for item in listed] == ["$LATEST", "1", "2", "3"]


def test_versions_are_listed_in_pages(aws: Aws) -> None:
    name = aws.function()
    for number in range(60):
        aws.functions.update_function_configuration(FunctionName=name, Description=f"d{number}")
        aws.version(name)
    page_of_one = aws.functions.list_versions_by_function(FunctionName=name, MaxItems=1)
    assert [version["Version"] for version in page_of_one["Versions"]] == ["$LATEST"]
    assert page_of_one["NextMarker"]
    pages = list(aws.functions.get_paginator("list_versions_by_function").paginate(FunctionName=name))
    assert [len(page["Versions"]) for page in pages] == [50, 11]
    most = aws.functions.list_versions_by_function(FunctionName=name, MaxItems=1000)
    assert len(most["Versions"]) == 50


def test_a_qualified_configuration_has_a_qualified_arn(aws: Aws) -> None:
    name = aws.function()
    arn = aws.version(name)
    assert aws.functions.get_function_configuration(FunctionName=name, Qualifier="1")["FunctionArn"] == arn
    assert aws.functions.get_function(FunctionName=arn)["Configuration"]["FunctionArn"] == arn


def test_an_unknown_version_is_not_found(aws: Aws) -> None:
    name = aws.function()
    refusal = aws.refusal(aws.functions.get_function, FunctionName=name, Qualifier="999")
    assert (refusal.code, refusal.status) == ("ResourceNotFoundException", 404)
    assert refusal.message.endswith(f"function:{name}:999")


def test_publishing_at_creation_answers_with_version_1_and_an_unqualified_arn(aws: Aws) -> None:
    name = aws.name()
    made = aws.functions.create_function(
        FunctionName=name,
        Runtime="nodejs22.x",
        Role=aws.role(),
        Handler="index.handler",
        Code={"ZipFile": aws.zipped("", "index.mjs")},
        Publish=True,
    )
    assert (made["Version"], made["FunctionArn"].endswith(f":function:{name}")) == ("1", True)


def test_publishing_with_the_code_answers_with_a_qualified_arn(aws: Aws) -> None:
    name = aws.function()
    updated = aws.functions.update_function_code(FunctionName=name, ZipFile=aws.zipped("p = 1"), Publish=True)
    assert updated["FunctionArn"].endswith(f":function:{name}:1")


def test_version_numbers_are_never_given_twice(aws: Aws) -> None:
    name = aws.function()
    aws.version(name)
    aws.functions.update_function_configuration(FunctionName=name, Description="second")
    aws.version(name)
    aws.functions.delete_function(FunctionName=name, Qualifier="2")
    assert aws.version(name).endswith(":3")
    aws.functions.delete_function(FunctionName=name)
    aws.function(FunctionName=name)
    assert aws.version(name).endswith(":4")


def test_a_version_that_an_alias_names_cannot_be_deleted(aws: Aws) -> None:
    name = aws.function()
    aws.version(name)
    made = aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert made["AliasArn"].endswith(f":function:{name}:live")
    assert [alias["Name"] for alias in aws.functions.list_aliases(FunctionName=name)["Aliases"]] == ["live"]
    refusal = aws.refusal(aws.functions.delete_function, FunctionName=name, Qualifier="1")
    assert (refusal.code, refusal.status) == ("ResourceConflictException", 409)
    aws.functions.delete_alias(FunctionName=name, Name="live")
    aws.functions.delete_function(FunctionName=name, Qualifier="1")


def test_a_version_that_an_alias_shifts_traffic_to_cannot_be_deleted(aws: Aws) -> None:
    name = aws.function()
    aws.version(name)
    aws.functions.update_function_configuration(FunctionName=name, MemorySize=256)
    aws.pass_time(60)
    aws.functions.publish_version(FunctionName=name)
    weights = {"AdditionalVersionWeights": {"2": 0.1}}
    aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)
    refusal = aws.refusal(aws.functions.delete_function, FunctionName=name, Qualifier="2")
    assert refusal.code == "ResourceConflictException"


def test_aliases_are_listed_fifty_a_page(aws: Aws) -> None:
    name = aws.function()
    for n in range(51):
        aws.functions.create_alias(FunctionName=name, Name=f"alias-{n:02d}", FunctionVersion="$LATEST")
    first = aws.functions.list_aliases(FunctionName=name, MaxItems=100)
    assert len(first["Aliases"]) == 50
    second = aws.functions.list_aliases(FunctionName=name, Marker=first["NextMarker"])
    assert [alias["Name"] for alias in second["Aliases"]] == ["alias-50"]
    assert "NextMarker" not in second


def test_an_alias_answers_for_its_version(aws: Aws) -> None:
    name = aws.function()
    aws.version(name)
    aws.functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert aws.functions.get_function_configuration(FunctionName=name, Qualifier="live")["Version"] == "1"


def test_the_latest_cannot_be_deleted_alone(aws: Aws) -> None:
    refusal = aws.refusal(aws.functions.delete_function, FunctionName=aws.function(), Qualifier="$LATEST")
    assert (refusal.code, refusal.status) == ("InvalidParameterValueException", 400)
    assert "cannot be deleted" in refusal.message


def test_an_associated_version_cannot_be_deleted_until_its_replicas_are_gone(aws: Aws) -> None:
    name = aws.function()
    arn = aws.version(name)
    identity = aws.distribution(aws.trigger(arn))

    def delete() -> str:
        refusal = aws.refusal(aws.functions.delete_function, FunctionName=name, Qualifier="1")
        assert (refusal.code, refusal.status) == ("InvalidParameterValueException", 400)
        return refusal.message

    assert delete() == (
        f"Lambda was unable to delete {arn} because it is a replicated function. Please see our "
        "documentation for Deleting Lambda@Edge Functions and Replicas."
    )
    aws.edit(identity, lambda config: config["DefaultCacheBehavior"].pop("LambdaFunctionAssociations"))
    aws.pass_time(3599)
    assert "replicated" in delete()
    assert "replicated" in aws.refusal(aws.functions.delete_function, FunctionName=name).message
    aws.pass_time(1)
    aws.functions.delete_function(FunctionName=name, Qualifier="1")


def test_permissions_come_back_as_statements(aws: Aws) -> None:
    name = aws.function()
    aws.version(name)
    statement = aws.functions.add_permission(
        FunctionName=name,
        Qualifier="1",
        StatementId="replicate",
        Action="lambda:EnableReplication*",
        Principal="replicator.lambda.amazonaws.com",
    )["Statement"]
    assert '"Sid": "replicate"' in statement
    assert statement in aws.functions.get_policy(FunctionName=name, Qualifier="1")["Policy"]
    aws.functions.remove_permission(FunctionName=name, Qualifier="1", StatementId="replicate")
    refusal = aws.refusal(aws.functions.get_policy, FunctionName=name, Qualifier="1")
    assert refusal.code == "ResourceNotFoundException"


def test_function_tags_merge_and_go(aws: Aws) -> None:
    name = aws.function(Tags={"team": "web"})
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
    aws.functions.tag_resource(Resource=arn, Tags={"edgerollout:withdrawn:42": "1"})
    assert aws.functions.list_tags(Resource=arn)["Tags"] == {"team": "web", "edgerollout:withdrawn:42": "1"}
    aws.functions.untag_resource(Resource=arn, TagKeys=["team"])
    assert aws.functions.get_function(FunctionName=name)["Tags"] == {"edgerollout:withdrawn:42": "1"}


def test_versions_have_no_tags(aws: Aws) -> None:
    refusal = aws.refusal(aws.functions.tag_resource, Resource=aws.version(), Tags={"a": "b"})
    assert refusal.code == "InvalidParameterValueException"


def test_all_functions_and_the_accounts_limits_can_be_read(aws: Aws) -> None:
    name = aws.function()
    pages = aws.functions.get_paginator("list_functions").paginate()
    assert name in [function["FunctionName"] for page in pages for function in page["Functions"]]
    settings = aws.functions.get_account_settings()
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
    assert settings["AccountUsage"]["TotalCodeSize"] > 0


def test_code_can_come_from_a_bucket(aws: Aws) -> None:
    code, bucket = aws.zipped("from_s3 = True"), aws.name("bucket")
    aws.client("s3").create_bucket(Bucket=bucket)
    aws.client("s3").put_object(Bucket=bucket, Key="bundle.zip", Body=code)
    name = aws.function(Code={"S3Bucket": bucket, "S3Key": "bundle.zip"})
    assert aws.functions.get_function_configuration(FunctionName=name)["CodeSha256"] == sha256(code)
    refusal = aws.refusal(aws.function, Code={"S3Bucket": bucket, "S3Key": "missing.zip"})
    assert "NoSuchKey" in refusal.message


def test_environment_layers_and_vpc_show_in_the_configuration_and_can_be_cleared(aws: Aws) -> None:
    layer = "arn:aws:lambda:us-east-1:123456789012:layer:monitoring:3"
    name = aws.function(
        Environment={"Variables": {"STAGE": "x"}},
        Layers=[layer],
        VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    )
    made = aws.functions.get_function_configuration(FunctionName=name)
    assert made["Environment"] == {"Variables": {"STAGE": "x"}}
    assert [item["Arn"] for item in made["Layers"]] == [layer]
    assert made["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    cleared = aws.functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {}}, Layers=[]
    )
    assert "Environment" not in cleared
    assert "Layers" not in cleared


def test_what_the_sandbox_does_not_do_is_refused_by_name(aws: Aws) -> None:
    refusal = aws.refusal(aws.functions.invoke, FunctionName=aws.function())
    assert (refusal.code, refusal.status) == ("NotImplemented", 501)
    assert refusal.message == "The sandbox does not answer lambda:Invoke."


def test_what_nobody_changed_of_a_function_is_answered_as_lambda_has_it(aws: Aws) -> None:
    """Infrastructure tools ask for these of every function that they read."""
    name = aws.function()
    arn = aws.functions.get_function_configuration(FunctionName=name)["FunctionArn"]
    runtime = aws.functions.get_runtime_management_config(FunctionName=name)
    assert (runtime["UpdateRuntimeOn"], runtime["FunctionArn"]) == ("Auto", arn)
    assert "CodeSigningConfigArn" not in aws.functions.get_function_code_signing_config(FunctionName=name)
    assert "ReservedConcurrentExecutions" not in aws.functions.get_function_concurrency(FunctionName=name)
    missing = aws.refusal(aws.functions.get_runtime_management_config, FunctionName="nothing")
    assert missing.code == "ResourceNotFoundException"
