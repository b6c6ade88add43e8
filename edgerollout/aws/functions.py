"""The Lambda control plane in us-east-1."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from edgerollout.aws.answers import ListPage, pages, same
from edgerollout.aws.errors import withheld
from edgerollout.aws.function_values import LATEST, to_function, to_version, unqualified, update_status
from edgerollout.aws.retry import Operation, Repeat, RetryingCaller
from edgerollout.rollout.ports import AwsFailure, NotFound
from edgerollout.waiting import ReleaseRead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_lambda.literals import RuntimeType
    from mypy_boto3_lambda.type_defs import GetFunctionResponseTypeDef

    from edgerollout.aws.download import Downloads
    from edgerollout.release.facts.snapshot import Function, Version
    from edgerollout.release.plans.plan import CreateFunction

T = TypeVar("T")

DOWNLOAD_BUDGET = 10.0
"""Seconds for retries of a failed download."""

_GET = Operation("lambda", "GetFunction")
_GET_CONFIGURATION = Operation("lambda", "GetFunctionConfiguration")
_LIST_VERSIONS = Operation("lambda", "ListVersionsByFunction")
_LIST_ALIASES = Operation("lambda", "ListAliases")
_LIST_TAGS = Operation("lambda", "ListTags")
_DOWNLOAD = Operation("s3", "GetObject")
# The second time it says that the name is taken; the caller layer knows that this may be our own doing.
_CREATE = Operation("lambda", "CreateFunction", Repeat.SAME)
# Absolute values: setting them twice is the same.
_UPDATE_CONFIGURATION = Operation("lambda", "UpdateFunctionConfiguration", Repeat.SAME)
# The same bytes give the same $LATEST, but its RevisionId moves, so a guarded upload refuses the second time.
_UPDATE_CODE = Operation("lambda", "UpdateFunctionCode", Repeat.SAME)
_UPDATE_CODE_GUARDED = Operation("lambda", "UpdateFunctionCode", Repeat.ONCE)
_TRY_CODE = Operation("lambda", "UpdateFunctionCode")
# An unchanged $LATEST answers with the version it already is; a changed one fails on CodeSha256.
_PUBLISH = Operation("lambda", "PublishVersion", Repeat.SAME)
# The second time it is not found, which is fine.
_DELETE = Operation("lambda", "DeleteFunction", Repeat.SAME)
_TAG = Operation("lambda", "TagResource", Repeat.SAME)
_UNTAG = Operation("lambda", "UntagResource", Repeat.SAME)


class LambdaControl:
    """Fulfils `edgerollout.rollout.ports.Lambda`. Safe to use from several threads."""

    def __init__(self, client: LambdaClient, caller: RetryingCaller, downloads: Downloads) -> None:
        self._client = client
        self._caller = caller
        self._downloads = downloads

    def function(self, name: str) -> Function | None:
        def ask() -> Function:
            answer = self._client.get_function(FunctionName=name)
            # Without lambda:ListTags Lambda still answers, with TagsError.
            said: Mapping[str, object] = answer
            tags = None if "TagsError" in said else answer.get("Tags", {})
            own_key = bool(answer.get("Code", {}).get("SourceKMSKeyArn"))
            same(answer["Configuration"]["FunctionName"], name)
            return to_function(answer["Configuration"], (), tags, own_key_for_code=own_key)

        try:
            found = self._caller.call(_GET, ask)
        except NotFound:
            return None
        except AwsFailure as failure:
            if not failure.denied:
                raise
            return self._function_without_code(name)
        return replace(found, versions=self.versions(name))

    def state(self, name: str, version: int | None = None) -> tuple[str, str]:
        qualifier = LATEST if version is None else str(version)

        def ask() -> tuple[str, str]:
            answer = self._client.get_function_configuration(FunctionName=name, Qualifier=qualifier)
            same(answer["Version"], qualifier)
            return answer["State"], update_status(answer)

        return self._caller.call(_GET_CONFIGURATION, ask)

    def code(self, name: str, version: int) -> bytes:
        # Most callers can do without the code, and a rollback must not wait for it.
        caller = self._caller.less_patient(DOWNLOAD_BUDGET)
        told = ReleaseRead(version)
        location = caller.call(
            _GET,
            lambda: _location(self._client.get_function(FunctionName=name, Qualifier=str(version))),
            told=told,
        )
        return caller.call(_DOWNLOAD, lambda: self._downloads.fetch(location, str(_GET)), told=told)

    def create(self, step: CreateFunction, role_arn: str, bundle: bytes) -> str:
        return self._caller.call(
            _CREATE,
            lambda: unqualified(
                self._client.create_function(
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
                )["FunctionArn"]
            ),
        )

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
            )["FunctionArn"],
        )

    def update_code(self, name: str, bundle: bytes, revision_id: str | None) -> str:
        if revision_id is None:
            return self._caller.call(
                _UPDATE_CODE,
                lambda: self._client.update_function_code(FunctionName=name, ZipFile=bundle, Publish=False)[
                    "CodeSha256"
                ],
            )
        return self._caller.call(
            _UPDATE_CODE_GUARDED,
            lambda: self._client.update_function_code(
                FunctionName=name, ZipFile=bundle, Publish=False, RevisionId=revision_id
            )["CodeSha256"],
        )

    def try_code(self, name: str, bundle: bytes) -> str:
        return self._caller.call(
            _TRY_CODE,
            lambda: self._client.update_function_code(
                FunctionName=name, ZipFile=bundle, Publish=False, DryRun=True
            )["CodeSha256"],
        )

    def publish(self, name: str, code_sha256: str, description: str) -> Version:
        def ask() -> Version:
            answer = self._client.publish_version(
                FunctionName=name, CodeSha256=code_sha256, Description=description
            )
            same(answer["CodeSha256"], code_sha256)
            return to_version(answer)

        return self._caller.call(_PUBLISH, ask)

    def versions(self, name: str) -> tuple[Version, ...]:
        found = [
            version
            for page in pages(self._caller, _LIST_VERSIONS, functools.partial(self._page, name))
            for version in page.items
        ]
        # The list has no guaranteed order, and as text 10 comes before 9.
        return tuple(sorted(found, key=lambda version: version.number))

    def aliases(self, name: str) -> Mapping[str, frozenset[int]]:
        listed = pages(self._caller, _LIST_ALIASES, functools.partial(self._aliases_page, name))
        return dict(alias for page in listed for alias in page.items)

    def delete_version(self, name: str, version: int) -> None:
        # Without a qualifier DeleteFunction deletes the function with all its versions.
        qualifier = str(version)
        if not qualifier.isdecimal():
            raise ValueError(f"{qualifier} is not a version")
        self._caller.call(
            _DELETE, lambda: self._client.delete_function(FunctionName=name, Qualifier=qualifier)
        )

    def tag(self, function_arn: str, tags: Mapping[str, str]) -> None:
        self._caller.call(_TAG, lambda: self._client.tag_resource(Resource=function_arn, Tags=tags))

    def untag(self, function_arn: str, keys: Sequence[str]) -> None:
        self._caller.call(_UNTAG, lambda: self._client.untag_resource(Resource=function_arn, TagKeys=keys))

    def _function_without_code(self, name: str) -> Function | None:
        """What can be read without lambda:GetFunction: configuration, versions, and tags if allowed."""

        def ask() -> Function:
            configuration = self._client.get_function_configuration(FunctionName=name)
            same(configuration["FunctionName"], name)
            return to_function(configuration, (), None, own_key_for_code=False)

        try:
            found = self._caller.call(_GET_CONFIGURATION, ask)
        except NotFound:
            return None
        return replace(found, versions=self.versions(name), tags=self._tags(found.arn))

    def _tags(self, function_arn: str) -> Mapping[str, str] | None:
        try:
            return self._caller.call(
                _LIST_TAGS, lambda: self._client.list_tags(Resource=function_arn).get("Tags", {})
            )
        except AwsFailure as failure:
            if failure.denied:
                return None
            raise

    def _aliases_page(self, name: str, marker: str | None) -> ListPage[tuple[str, frozenset[int]]]:
        following = {} if marker is None else {"Marker": marker}
        answer = self._client.list_aliases(FunctionName=name, MaxItems=50, **following)
        found: list[tuple[str, frozenset[int]]] = []
        for alias in answer["Aliases"]:
            shifting = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
            targets = (alias["FunctionVersion"], *shifting)
            found.append((alias["Name"], frozenset(int(target) for target in targets if target.isdecimal())))
        return _page_of(tuple(found), answer.get("NextMarker"))

    def _page(self, name: str, marker: str | None) -> ListPage[Version]:
        following = {} if marker is None else {"Marker": marker}
        answer = self._client.list_versions_by_function(FunctionName=name, MaxItems=50, **following)
        listed = tuple(to_version(item) for item in answer["Versions"] if item["Version"] != LATEST)
        return _page_of(listed, answer.get("NextMarker"))


def _location(answer: GetFunctionResponseTypeDef) -> str:
    """The URL of the code. Raises AwsFailure with Lambda's reason if it has no code."""
    code: Mapping[str, object] = answer["Code"]
    error = code.get("Error")
    if isinstance(error, dict) and "Location" not in code:
        said = str(error.get("ErrorCode", "Unknown"))
        raise AwsFailure(str(_GET), said, withheld(str(error.get("Message", ""))))
    return answer["Code"]["Location"]


def _page_of(items: tuple[T, ...], following: str | None) -> ListPage[T]:
    """A marker is Lambda's only sign that a list continues."""
    return ListPage.of(items, following, truncated=bool(following))


def _runtime(step: CreateFunction) -> RuntimeType:
    # The stubs list the runtimes of their release; Lambda itself checks the name.
    return cast("RuntimeType", step.runtime)
