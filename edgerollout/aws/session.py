"""One AWS account, reached with one set of credentials: the engine's `Aws` over botocore.

Not over boto3: it would load S3 transfers and resource objects, which are not used here.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, cast

from edgerollout import __version__
from edgerollout.advice import CommandLine, advise
from edgerollout.aws import credentials as credential_sources
from edgerollout.aws import endpoints
from edgerollout.aws.answers import check_answer
from edgerollout.aws.ca_bundle import ca_bundle
from edgerollout.aws.cloudfront import CloudFrontControl
from edgerollout.aws.download import Downloads
from edgerollout.aws.faults import Incomplete
from edgerollout.aws.functions import LambdaControl
from edgerollout.aws.models import service_models
from edgerollout.aws.retry import BUDGET, Operation, RetryingCaller
from edgerollout.aws.roles import IamRoles
from edgerollout.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from botocore.config import Config
    from botocore.session import Session
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import GetCallerIdentityResponseTypeDef

    from edgerollout.aws.credentials import Credentials
    from edgerollout.aws.endpoints import Endpoints
    from edgerollout.aws.inspection import AccountInspection
    from edgerollout.clock import Clock
    from edgerollout.release.facts.events import Emit

LAMBDA_EDGE_REGION = "us-east-1"
"""Lambda@Edge functions live here and nowhere else."""

CONNECT_TIMEOUT = 10
READ_TIMEOUT = 60
"""Seconds, both."""

_ACCOUNT = re.compile(r"[0-9]{12}")

_IDENTITY = Operation("sts", "GetCallerIdentity")


def connect(
    *,
    account_hint: str | None,
    profile: str | None,
    role_arn: str | None,
    endpoint_url: str | None,
    clock: Clock,
    emit: Emit,
    region: str = LAMBDA_EDGE_REGION,
    credentials: Credentials | None = None,
    sandbox_secret: str | None = None,
    read_timeout: float = READ_TIMEOUT,
    patience: float | None = None,
) -> AwsAccount:
    """An account's session: with `credentials`, else `profile`, else by the SDK; as `role_arn` if given.

    Nothing is sent yet, unless the SDK has to ask for credentials. `account_hint` is the account the
    configuration names; a sandbox's credentials are made from it. With `sandbox_secret`, a sandbox's secret
    access key, `endpoint_url` is required and nothing of the user's AWS configuration is read.
    `read_timeout`: seconds to wait for an answer; `patience`: seconds for which a call that fails is tried
    again, if not the default. Raises UsageError for an endpoint on another machine, an unknown
    profile or a CA bundle without CAs, EdgerolloutError without credentials, and CredentialsExpired.
    """
    _silence_wire_logs()
    if sandbox_secret is not None:
        if endpoint_url is None:
            raise UsageError(
                "the sandbox has no endpoint",
                hint=advise("start it with `", CommandLine("sandbox", None, "up"), "`"),
            )
        session = credential_sources.isolated_session(
            credential_sources.of_sandbox(account_hint or credential_sources.SANDBOX_ACCOUNT, sandbox_secret)
        )
        where = endpoints.given(endpoint_url)
    else:
        session = credential_sources.user_session(profile, credentials)
        where = endpoints.given(endpoint_url) if endpoint_url else _configured_endpoints(session)
        if where.custom is None:
            endpoints.check_partition(session.get_config_variable("region"))
    if patience is not None:
        read_timeout = min(read_timeout, patience)
    bundle = ca_bundle(session) if sandbox_secret is None else None
    counter = _CallCounter()
    _prepare(session, counter)
    if sandbox_secret is None and credentials is None:
        credential_sources.sign_in(session)
    if role_arn is not None and sandbox_secret is None:
        create_sts = _sts_creator(session, where, region, _config(where, read_timeout))
        session = credential_sources.assumed(session, role_arn, "edgerollout", create_sts)
        _prepare(session, counter)
    return AwsAccount(
        session,
        where,
        region,
        counter,
        RetryingCaller(clock, emit, budget=BUDGET if patience is None else patience),
        _config(where, read_timeout),
        bundle,
    )


class AwsAccount:
    """Fulfils `edgerollout.rollout.ports.Aws`. Safe to use from several threads.

    Clients are made when first needed, since each costs a tenth of a second, and under a lock, since
    botocore may not make two at once.
    """

    def __init__(
        self,
        session: Session,
        where: Endpoints,
        region: str,
        counter: _CallCounter,
        caller: RetryingCaller,
        config: Config,
        ca_bundle: Path | None = None,
    ) -> None:
        self._session = session
        self.ca_bundle = ca_bundle
        self._where = where
        self._region = region
        self._counter = counter
        self._caller = caller
        self._config = config
        self._lock = threading.RLock()
        self._known: tuple[str, str] | None = None

    @functools.cached_property
    def cloudfront(self) -> CloudFrontControl:
        with self._making():
            client = self._session.create_client(
                "cloudfront",
                region_name=self._region,
                endpoint_url=self._where.of("cloudfront"),
                config=self._config,
            )
        return CloudFrontControl(cast("CloudFrontClient", client), self._caller)

    @functools.cached_property
    def functions(self) -> LambdaControl:
        with self._making():
            client = self._session.create_client(
                "lambda",
                region_name=self._region,
                endpoint_url=self._where.of("lambda"),
                config=self._config,
            )
        return LambdaControl(
            cast("LambdaClient", client),
            self._caller,
            Downloads(
                self._caller.clock,
                loopback_only=self._where.custom is not None,
                ca_bundle=self.ca_bundle,
            ),
        )

    @functools.cached_property
    def roles(self) -> IamRoles:
        with self._making():
            client = self._session.create_client(
                "iam",
                region_name=self._region,
                endpoint_url=self._where.of("iam"),
                config=self._config,
            )
        return IamRoles(cast("IAMClient", client), self._caller)

    @functools.cached_property
    def inspection(self) -> AccountInspection:
        from edgerollout.aws.inspection import AccountInspection

        return AccountInspection(self._client, self._caller, self._identity)

    def _client(self, service: str) -> object:
        """A client of a service that only `doctor` uses. Raises AwsFailure for one that the SDK
        does not know yet.
        """
        from botocore.exceptions import UnknownServiceError

        with self._making(UnknownServiceError):
            return self._session.create_client(
                service,
                region_name=self._region,
                endpoint_url=self._where.of(service),
                config=self._config,
            )

    @contextmanager
    def _making(self, *bearable: type[Exception]) -> Iterator[None]:
        """While a client is made. Raises UsageError for settings the SDK refuses only now, AwsFailure for
        what is `bearable`.
        """
        from botocore.exceptions import BotoCoreError

        with self._lock:
            try:
                yield
            except bearable as error:
                raise credential_sources.too_old(error) from None
            except (BotoCoreError, ValueError) as error:
                raise credential_sources.unusable(error) from None

    @property
    def endpoint(self) -> str | None:
        """The custom endpoint in use, None for AWS itself."""
        return self._where.custom

    @property
    def calls(self) -> Mapping[str, int]:
        """Requests sent so far, by `service:Operation`, every attempt counted."""
        return self._counter.counts()

    def account(self) -> str:
        """STS GetCallerIdentity: the 12-digit account. Asked once."""
        return self._identity()[0]

    def _identity(self) -> tuple[str, str]:
        """(account, ARN of the credentials). Asked once."""
        with self._lock:
            if self._known is None:
                with self._making():
                    client = _sts_creator(self._session, self._where, self._region, self._config)("sts")
                self._known = self._caller.call(_IDENTITY, lambda: _identity_of(client.get_caller_identity()))
            return self._known


def _identity_of(answer: GetCallerIdentityResponseTypeDef) -> tuple[str, str]:
    if _ACCOUNT.fullmatch(answer["Account"]) is None:
        raise Incomplete("it names no account")
    return answer["Account"], answer["Arn"]


class _CallCounter:
    """Counts sent requests: botocore emits before-send for every attempt of every page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def __call__(self, event_name: str, **_: object) -> None:
        _hook, service, operation = event_name.split(".", 2)
        # As IAM calls the service.
        name = f"{service.replace('-', '')}:{operation}"
        with self._lock:
            self._counts[name] += 1

    def counts(self) -> Mapping[str, int]:
        with self._lock:
            return dict(self._counts)


def _prepare(session: Session, counter: _CallCounter) -> None:
    events = session.get_component("event_emitter")
    events.register("before-send", counter)
    events.register("before-parse", check_answer)
    # They were read, and refused where need be, before this (endpoints.py).
    session.set_config_variable("ignore_configured_endpoint_urls", value=True)
    session.register_component("data_loader", service_models(session.get_config_variable("data_path")))


def _config(where: Endpoints, read_timeout: float) -> Config:
    from botocore.config import Config

    common = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        tcp_keepalive=True,
        user_agent_extra=f"edgerollout/{__version__}",
    )
    if where.custom is None:
        return common
    # A loopback endpoint is never behind a proxy, and has no FIPS or dual-stack variant.
    return common.merge(Config(proxies={}, use_fips_endpoint=False, use_dualstack_endpoint=False))


def _sts_creator(session: Session, where: Endpoints, region: str, config: Config) -> Callable[..., STSClient]:
    def create(
        service: Literal["sts"],
        *,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
    ) -> STSClient:
        # With a region STS uses its regional endpoint; the global endpoint is in a single region.
        client = session.create_client(
            service,
            region_name=region,
            endpoint_url=where.of(service),
            config=config,
            aws_access_key_id=aws_access_key_id,
            aws_secret_access_key=aws_secret_access_key,
            aws_session_token=aws_session_token,
        )
        return cast("STSClient", client)

    return create


def _configured_endpoints(session: Session) -> Endpoints:
    services = session.full_config.get("services", {})
    return endpoints.configured(
        os.environ,
        session.get_scoped_config(),
        services if isinstance(services, Mapping) else {},
        ignored=bool(session.get_config_variable("ignore_configured_endpoint_urls")),
    )


def _silence_wire_logs() -> None:
    """Their debug logs have session tokens and presigned URLs: always off."""
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
