"""moto behind the control plane: IAM, STS, S3, Logs, CloudWatch and tagging.

moto keeps its state per process, so two servers in one process share their IAM and S3; the first one starts
empty.
"""

from __future__ import annotations

import functools
import json
import threading
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, unquote

from edgerollout.emulator.identity import KnownKey
from edgerollout.emulator.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import WSGIEnvironment

    from edgerollout.emulator.functions.code import FetchObject
    from edgerollout.emulator.identity import Caller


SERVICE_LINKED_ROLES = {
    "replicator.lambda.amazonaws.com": "AWSServiceRoleForLambdaReplicator",
    "logger.cloudfront.amazonaws.com": "AWSServiceRoleForCloudFrontLogger",
}
_HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "date", "server"})
_NOT_AWS = ("/moto-api", "/latest/", "/favicon.ico")
"""Paths that moto's dispatcher uses for its data and reset page and for an instance's metadata."""

_running: set[int] = set()
"""The servers of this process that use moto's state."""
_running_lock = threading.Lock()


def form_of(request: Request) -> dict[str, str]:
    """The parameters of a query-protocol request (IAM, STS), the first of each name."""
    if "x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        return {}
    return {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}


_MANAGED = "arn:aws:iam::aws:policy/"
_LISTS_POLICIES = frozenset({"ListPolicies", "GetAccountAuthorizationDetails"})


def _provide_managed_policies(account: str, form: Mapping[str, str]) -> None:
    """Give an account's IAM the AWS-managed policies that the request names, or all if it lists policies.

    moto would give all 1600 to every account, which costs 5 MB and 0.1 seconds each time.
    """
    from moto.iam.models import AWSManagedPolicy, iam_backends

    everything = form.get("Action") in _LISTS_POLICIES
    named = {value.rpartition("/")[2] for value in form.values() if value.startswith(_MANAGED)}
    if not everything and not named:
        return
    backend, data = iam_backends[account]["aws"], _managed_policies()
    for name in data if everything else named & data.keys():
        policy = AWSManagedPolicy.from_data(name, account, backend.region_name, data[name])
        with _running_lock:
            if policy.arn not in backend.managed_policies:
                backend.managed_policies[policy.arn] = policy
                backend.aws_managed_policies.append(policy)


@functools.cache
def _managed_policies() -> Mapping[str, Any]:
    """Name → moto's data of the policy."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return cast("Mapping[str, Any]", json.loads(aws_managed_policies_data))


def _is_dropped(name: str) -> bool:
    # moto's CORS headers let every site read its answers.
    return name in _HOP_BY_HOP or name.startswith("access-control-")


class Moto:
    """moto's own server application, called in process."""

    def __init__(self, now: Callable[[], datetime], role_seconds: Callable[[], float]) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self._app = DomainDispatcherApplication(create_backend_app)
        self._now = now
        self._role_seconds = role_seconds
        self._born: dict[tuple[str, str], datetime] = {}

    def acquire(self) -> None:
        """The server starts: the first one in a process resets moto."""
        with _running_lock:
            if not _running:
                from moto.moto_api._internal.models import moto_api_backend

                moto_api_backend.reset()
            _running.add(id(self))

    def release(self) -> None:
        """The server stops."""
        with _running_lock:
            _running.discard(id(self))

    def given_out(self, key: str) -> KnownKey | None:
        """A key from moto: of an assumed role or a user."""
        from moto.iam.models import iam_backends

        # moto's own look-up builds the IAM of every partition.
        for account, partitions in list(iam_backends.items()):
            found = partitions["aws"].access_keys.get(key)
            if found is not None:
                return KnownKey(str(account), found.secret_access_key)
        return None

    def _environ(self, request: Request, caller: Caller, host: str) -> WSGIEnvironment:
        name, _, port = host.partition(":")
        uri = request.path + (f"?{request.query_string}" if request.query_string else "")
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(request.path, "latin-1"),
            "QUERY_STRING": request.query_string,
            "REQUEST_URI": uri,
            "RAW_URI": uri,
            "CONTENT_LENGTH": str(len(request.body)),
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_NAME": name,
            "SERVER_PORT": port or "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(request.body),
            "wsgi.input_terminated": True,
            "wsgi.errors": StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for header, value in request.headers.items():
            if header not in ("content-type", "content-length", "transfer-encoding"):
                environ["HTTP_" + header.upper().replace("-", "_")] = value
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = caller.account
        return environ

    def answer(self, request: Request, caller: Caller, host: str) -> Response:
        """moto's answer, read to the end; 404 for moto's own paths, which AWS does not have."""
        if unquote(request.path).startswith(_NOT_AWS):
            return Response(404, (("content-type", "text/plain"),), b"NotFound")
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], _: Any = None
        ) -> Callable[[bytes], None]:
            started.append((status, headers))
            return lambda _: None

        form = form_of(request)
        if caller.service == "iam":
            _provide_managed_policies(caller.account, form)
        parts = cast("Iterable[bytes]", self._app(self._environ(request, caller, host), start_response))
        try:
            body = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        status, headers = started[-1]
        kept = tuple((name, value) for name, value in headers if not _is_dropped(name.lower()))
        response = Response(int(status.split()[0]), kept, body)
        if request.method == "HEAD":
            length = next((value for name, value in headers if name.lower() == "content-length"), "0")
            response = Response(response.status, (*kept, ("content-length", length)), b"")
        if form.get("Action") == "CreateRole" and response.status == 200:
            self._born[caller.account, form["RoleName"]] = self._now()
        return response

    def role(self, role_arn: str) -> Any:
        """moto's role with that ARN, or None."""
        from moto.iam.models import iam_backends

        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        for found in iam_backends[account]["aws"].roles.values():
            if found.name == name and found.arn == role_arn:
                return found
        return None

    def principal_policies(self, arn: str) -> list[str] | None:
        """The policy documents of a role or user, inline and attached; None if it does not exist."""
        from moto.iam.models import iam_backends

        parts = arn.split(":")
        if len(parts) < 6:
            return None
        backend, name = iam_backends[parts[4]]["aws"], arn.rpartition("/")[2]
        found: Any = self.role(arn)
        groups: list[Any] = []
        if found is None:
            found = backend.users.get(name) if parts[5].startswith("user/") else None
            groups = [group for group in backend.groups.values() if found in group.users] if found else []
        if found is None:
            return None
        documents: list[str] = []
        for holder in (found, *groups):
            documents += holder.policies.values()
            documents += [
                version.document
                for policy in holder.managed_policies.values()
                for version in policy.versions
                if version.version_id == policy.default_version_id
            ]
        return documents

    def trusts(self, role_arn: str, service: str) -> bool:
        """Whether the role exists and its trust policy lets `service` assume it."""
        found = self.role(role_arn)
        if found is None:
            return False
        statements = json.loads(found.assume_role_policy_document)["Statement"]
        allowed: set[str] = set()
        for statement in [statements] if isinstance(statements, dict) else statements:
            principal = statement.get("Principal", {})
            if statement.get("Effect") == "Allow" and isinstance(principal, dict):
                named = principal.get("Service", [])
                allowed.update([named] if isinstance(named, str) else named)
        return service in allowed

    def assumable(self, role_arn: str, service: str) -> bool:
        """`trusts`, once the role's window has passed."""
        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        born = self._born.get((account, name))
        if born is not None and self._now() < born + timedelta(seconds=self._role_seconds()):
            return False
        return self.trusts(role_arn, service)

    def create_service_linked_role(self, account: str, service: str) -> Any:
        """The service-linked role for `service`, under AWS's name; None if it already exists."""
        from moto.iam.models import iam_backends

        backend, name = iam_backends[account]["aws"], SERVICE_LINKED_ROLES[service]
        if any(found.name == name for found in backend.roles.values()):
            return None
        found = backend.create_service_linked_role(service, "", "")
        found.name = name
        return found

    def first_association(self, account: str) -> None:
        """The replicator's role appears with the first Lambda@Edge function of an account."""
        for service in SERVICE_LINKED_ROLES:
            self.create_service_linked_role(account, service)

    @property
    def fetch_object(self) -> FetchObject:
        def fetch(account: str, bucket: str, key: str, version: str | None) -> bytes | None:
            from moto.s3.models import s3_backends

            backend = s3_backends[account]["aws"]
            if bucket not in backend.buckets:
                return None
            found = backend.get_object(bucket, key, version_id=version)
            return None if found is None else found.value

        return fetch
