"""The Lambda control plane in us-east-1."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, cast

from edgerollout.aws.function_values import LATEST, to_function, to_version, unqualified
from edgerollout.aws.retry import Caller, Operation, Repeat
from edgerollout.rollout.ports import AwsFailure, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.literals import RuntimeType
    from mypy_boto3_lambda.type_defs import (
        ListAliasesResponseTypeDef,
        ListVersionsByFunctionResponseTypeDef,
    )

    from edgerollout.aws.download import Downloads
    from edgerollout.release.plan import CreateFunction
    from edgerollout.release.snapshot import Function, Version

DOWNLOAD_BUDGET = 10.0
"""Seconds for which a download that fails is tried again."""

_GET = Operation("lambda", "GetFunction")
_GET_CONFIGURATION = Operation("lambda", "GetFunctionConfiguration")
_LIST_VERSIONS = Operation("lambda", "ListVersionsByFunction")
_LIST_ALIASES = Operation("lambda", "ListAliases")
_LIST_TAGS = Operation("lambda", "ListTags")
_DOWNLOAD = Operation("s3", "GetObject")
# The second time it says that the name is taken; the caller layer knows that this may be our own doing.
_CREATE = Operation("lambda", "CreateFunction", Repeat.SAME)
# Absolute values: setting them twice comes to the same.
_UPDATE_CONFIGURATION = Operation("lambda", "UpdateFunctionConfiguration", Repeat.SAME)
# The same bytes give the same $LATEST, but its RevisionId moves, so a guarded upload refuses the second time.
_UPDATE_CODE = Operation("lambda", "UpdateFunctionCode", Repeat.SAME)
_UPDATE_CODE_GUARDED = Operation("lambda", "UpdateFunctionCode", Repeat.ONCE)
# An unchanged $LATEST answers with the version it already is; a changed one fails on CodeSha256.
_PUBLISH = Operation("lambda", "PublishVersion", Repeat.SAME)
# The second time it is not found, which is what was wanted.
_DELETE = Operation("lambda", "DeleteFunction", Repeat.SAME)
_TAG = Operation("lambda", "TagResource", Repeat.SAME)
_UNTAG = Operation("lambda", "UntagResource", Repeat.SAME)


class LambdaControl:
    """Fulfils `edgerollout.rollout.ports.Lambda`. Safe to use from several threads."""

    def __init__(self, client: LambdaClient, caller: Caller, downloads: Downloads) -> None:
        self._client = client
        self._caller = caller
        self._downloads = downloads

    def function(self, name: str) -> Function | None:
        try:
            answer = self._caller.call(_GET, lambda: self._client.get_function(FunctionName=name))
        except NotFound:
            return None
        except AwsFailure as failure:
            if not failure.denied:
                raise
            return self._function_without_code(name)
        # Without lambda:ListTags Lambda answers all the same and says so in TagsError.
        said: Mapping[str, object] = answer
        tags = None if "TagsError" in said else answer.get("Tags", {})
        return to_function(
            answer["Configuration"],
            self.versions(name),
            tags,
            own_key_for_code=bool(answer.get("Code", {}).get("SourceKMSKeyArn")),
        )

    def state(self, name: str, version: int | None = None) -> tuple[str, str]:
        qualifier = LATEST if version is None else str(version)
        answer = self._caller.call(
            _GET_CONFIGURATION,
            lambda: self._client.get_function_configuration(FunctionName=name, Qualifier=qualifier),
        )
        return answer.get("State", "Active"), answer.get("LastUpdateStatus", "Successful")

    def code(self, name: str, version: int) -> bytes:
        # Most of what asks for code can do without, and the way back must not wait for it.
        caller = self._caller.less_patient(DOWNLOAD_BUDGET)
        answer = caller.call(
            _GET, lambda: self._client.get_function(FunctionName=name, Qualifier=str(version))
        )
        location = answer.get("Code", {}).get("Location", "")
        return caller.call(_DOWNLOAD, lambda: self._downloads.fetch(location, str(_GET)))

    def create(self, step: CreateFunction, role_arn: str, bundle: bytes) -> str:
        answer = self._caller.call(
            _CREATE,
            lambda: self._client.create_function(
                FunctionName=step.name,
                Runtime=_runtime(step),
                Role=role_arn,
                Handler=step.entry,
                Code={"ZipFile": bundle},
                MemorySize=step.memory,
                Timeout=step.timeout,
                PackageType="Zip",
                Architectures=["x86_64"],
                Publish=False,
            ),
        )
        return unqualified(answer["FunctionArn"])

    def update_configuration(self, name: str, wanted: CreateFunction, role_arn: str) -> None:
        self._caller.call(
            _UPDATE_CONFIGURATION,
            lambda: self._client.update_function_configuration(
                FunctionName=name,
                Runtime=_runtime(wanted),
                Role=role_arn,
                Handler=wanted.entry,
                MemorySize=wanted.memory,
                Timeout=wanted.timeout,
            ),
        )

    def update_code(self, name: str, bundle: bytes, revision_id: str | None) -> str:
        if revision_id is None:
            answer = self._caller.call(
                _UPDATE_CODE,
                lambda: self._client.update_function_code(FunctionName=name, ZipFile=bundle, Publish=False),
            )
        else:
            answer = self._caller.call(
                _UPDATE_CODE_GUARDED,
                lambda: self._client.update_function_code(
                    FunctionName=name, ZipFile=bundle, Publish=False, RevisionId=revision_id
                ),
            )
        return answer["CodeSha256"]

    def publish(self, name: str, code_sha256: str, description: str) -> Version:
        answer = self._caller.call(
            _PUBLISH,
            lambda: self._client.publish_version(
                FunctionName=name, CodeSha256=code_sha256, Description=description
            ),
        )
        return to_version(answer)

    def versions(self, name: str) -> tuple[Version, ...]:
        found: list[Version] = []
        marker: str | None = None
        while True:
            page = self._caller.call(_LIST_VERSIONS, functools.partial(self._page, name, marker))
            found.extend(to_version(item) for item in page["Versions"] if item["Version"] != LATEST)
            marker = page.get("NextMarker")
            if not marker:
                # The order of the list is not promised, and as text 10 comes before 9.
                return tuple(sorted(found, key=lambda version: version.number))

    def aliases(self, name: str) -> Mapping[str, frozenset[int]]:
        found: dict[str, frozenset[int]] = {}
        marker: str | None = None
        while True:
            page = self._caller.call(_LIST_ALIASES, functools.partial(self._aliases_page, name, marker))
            for alias in page["Aliases"]:
                shifting = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
                targets = (alias.get("FunctionVersion", LATEST), *shifting)
                found[alias.get("Name", "")] = frozenset(int(one) for one in targets if one.isdecimal())
            marker = page.get("NextMarker")
            if not marker:
                return found

    def delete_version(self, name: str, version: int) -> None:
        # Without a qualifier DeleteFunction takes the function away, all its versions with it.
        qualifier = str(version)
        if not qualifier.isdecimal():
            raise ValueError(f"{qualifier} is no version")
        self._caller.call(
            _DELETE, lambda: self._client.delete_function(FunctionName=name, Qualifier=qualifier)
        )

    def tag(self, function_arn: str, tags: Mapping[str, str]) -> None:
        self._caller.call(_TAG, lambda: self._client.tag_resource(Resource=function_arn, Tags=tags))

    def untag(self, function_arn: str, keys: Sequence[str]) -> None:
        self._caller.call(_UNTAG, lambda: self._client.untag_resource(Resource=function_arn, TagKeys=keys))

    def _function_without_code(self, name: str) -> Function | None:
        """What is left without lambda:GetFunction: configuration, versions, and tags if they may be read."""
        try:
            configuration = self._caller.call(
                _GET_CONFIGURATION, lambda: self._client.get_function_configuration(FunctionName=name)
            )
        except NotFound:
            return None
        return to_function(
            configuration,
            self.versions(name),
            self._tags(unqualified(configuration["FunctionArn"])),
            own_key_for_code=False,
        )

    def _tags(self, function_arn: str) -> Mapping[str, str] | None:
        try:
            answer = self._caller.call(_LIST_TAGS, lambda: self._client.list_tags(Resource=function_arn))
        except AwsFailure as failure:
            if failure.denied:
                return None
            raise
        return answer.get("Tags", {})

    def _aliases_page(self, name: str, marker: str | None) -> ListAliasesResponseTypeDef:
        if marker is None:
            return self._client.list_aliases(FunctionName=name, MaxItems=50)
        return self._client.list_aliases(FunctionName=name, MaxItems=50, Marker=marker)

    def _page(self, name: str, marker: str | None) -> ListVersionsByFunctionResponseTypeDef:
        if marker is None:
            return self._client.list_versions_by_function(FunctionName=name, MaxItems=50)
        return self._client.list_versions_by_function(FunctionName=name, MaxItems=50, Marker=marker)


def _runtime(step: CreateFunction) -> RuntimeType:
    # The stubs list the runtimes of the day they were made; Lambda judges the name itself.
    return cast("RuntimeType", step.runtime)
