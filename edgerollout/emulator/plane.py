"""The control plane: CloudFront and Lambda with one state, one lock, one clock."""

from __future__ import annotations

import copy
import secrets
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from edgerollout.emulator.cloudfront import managed
from edgerollout.emulator.cloudfront.access_controls import AccessControls
from edgerollout.emulator.cloudfront.associations import Rules
from edgerollout.emulator.cloudfront.distributions import Distributions, World
from edgerollout.emulator.cloudfront.invalidations import Invalidations
from edgerollout.emulator.cloudfront.lists import Lists
from edgerollout.emulator.cloudfront.response_policies import ResponsePolicies
from edgerollout.emulator.cloudfront.state import AccountDistributions
from edgerollout.emulator.cloudfront.tags import Tags
from edgerollout.emulator.codec import rest_json, rest_xml
from edgerollout.emulator.codec.model import service_model
from edgerollout.emulator.codec.routes import Router
from edgerollout.emulator.functions.download import download
from edgerollout.emulator.functions.extras import Aliases, FunctionTags, ResourcePolicies
from edgerollout.emulator.functions.lifecycle import Lifecycle
from edgerollout.emulator.functions.reads import Reads
from edgerollout.emulator.functions.state import RegionFunctions, Regions, StoredVersion
from edgerollout.emulator.functions.workshop import Workshop
from edgerollout.emulator.messages import Call, Members, Request, Response, ServiceError
from edgerollout.emulator.names import FunctionArn
from edgerollout.emulator.settings import Settings
from edgerollout.emulator.sink import EdgeSink, NoEdge

if TYPE_CHECKING:
    from botocore.model import OperationModel

    from edgerollout.emulator.functions.code import FetchObject
    from edgerollout.emulator.identity import Caller
    from edgerollout.emulator.schedule import Schedule

OperationFunction = Callable[[Call], Members]


class Identities(Protocol):
    """The parts of IAM and S3 that CloudFront and Lambda need."""

    def trusts(self, role_arn: str, service: str) -> bool:
        """Whether the role exists and its trust policy names `service`."""
        ...

    def assumable(self, role_arn: str, service: str) -> bool:
        """`trusts`, and the role is old enough for Lambda to see it."""
        ...

    def first_association(self, account: str) -> None:
        """A distribution got a Lambda@Edge function: make the service-linked roles that AWS makes then."""
        ...

    @property
    def fetch_object(self) -> FetchObject: ...


@dataclass(frozen=True)
class Service:
    """One service's protocol and operations."""

    name: str
    router: Router
    operations: Mapping[str, OperationFunction]
    read_input: Callable[[OperationModel, Request, Mapping[str, str]], Members]
    write_output: Callable[[OperationModel, Members, str], Response]
    write_error: Callable[[ServiceError, str], Response]


@dataclass(frozen=True)
class Matched:
    """A request with its operation known."""

    service: Service
    operation: str
    uri: Mapping[str, str]


@dataclass(frozen=True)
class AccountState:
    """One account at one moment: its CloudFront, and its Lambda by region."""

    account: str
    distributions: AccountDistributions
    regions: Mapping[str, RegionFunctions]


class ControlPlane:
    """CloudFront and Lambda, for any number of accounts.

    Every answer is made under one lock, after all due events. So no caller sees half a change, and of eight
    concurrent updates with the same ETag exactly one succeeds.
    """

    def __init__(
        self,
        *,
        schedule: Schedule,
        identities: Identities,
        settings: Settings = Settings(),  # noqa: B008 - frozen
        sink: EdgeSink | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.settings = settings
        self._schedule = schedule
        self._identities = identities
        self._secret = secrets.token_bytes(32)
        self._regions = Regions()
        self._handed_out: dict[str, bytes] = {}
        self._accounts: dict[str, AccountDistributions] = {}
        self._world = World(
            accounts=self._accounts,
            schedule=self._schedule,
            settings=lambda: self.settings,
            rules=self._rules,
            first_association=identities.first_association,
            sink=sink or NoEdge(),
        )
        self._services = {"cloudfront": self._cloudfront(), "lambda": self._lambda()}

    def _cloudfront(self) -> Service:
        world = self._world
        operations: dict[str, OperationFunction] = managed.operations()
        for group in (Distributions, Invalidations, Lists, Tags, AccessControls, ResponsePolicies):
            operations.update(group(world).operations())
        return Service(
            name="cloudfront",
            router=Router(service_model("cloudfront")),
            operations=operations,
            read_input=rest_xml.read_input,
            write_output=rest_xml.write_output,
            write_error=rest_xml.write_error,
        )

    def _lambda(self) -> Service:
        shop = Workshop(self._regions, self._schedule, lambda: self.settings, self._replicated)
        operations: dict[str, OperationFunction] = {}
        operations.update(Lifecycle(shop, self._identities, self._identities.fetch_object).operations())
        operations.update(Reads(shop, self._secret).operations())
        for group in (Aliases, ResourcePolicies, FunctionTags):
            operations.update(group(shop).operations())
        return Service(
            name="lambda",
            router=Router(service_model("lambda")),
            operations=operations,
            read_input=rest_json.read_input,
            write_output=rest_json.write_output,
            write_error=rest_json.write_error,
        )

    def _rules(self, account: str) -> Rules:
        return Rules(
            account=account,
            find_version=self._find_version,
            role_trusts=self._identities.trusts,
            switches=self.settings.switches,
            quotas=self.settings.quotas,
        )

    def _find_version(self, arn: FunctionArn) -> StoredVersion | None:
        function = self._regions.of(arn.account, arn.region).functions.get(arn.name)
        return None if function is None or arn.number is None else function.versions.get(arn.number)

    def _replicated(self, account: str, arn: str) -> bool:
        """Replicas exist while any distribution names the version, and for a window afterwards."""
        distributions = self._accounts.get(account)
        if distributions is None:
            return False
        released = distributions.released.get(arn)
        lingering = timedelta(seconds=self.settings.windows.replica_seconds)
        return distributions.associated(arn) or (
            released is not None and self._schedule.now() < released + lingering
        )

    def tick(self) -> None:
        """Run every due event, and inform the edge."""
        with self.lock:
            self._schedule.run_due()

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward and run due events."""
        with self.lock:
            self._schedule.advance(seconds)
            self._schedule.run_due()

    def reserve_id(self, caller_reference: str, identity: str) -> None:
        """Give `identity` to the distribution that will be created with `caller_reference`."""
        with self.lock:
            self._world.reserved[caller_reference] = identity

    @property
    def schedule(self) -> Schedule:
        return self._schedule

    def tagged_distributions(self, account: str) -> list[tuple[str, dict[str, str]]]:
        """ARN and tags of the account's distributions that have any, for the tagging API."""
        with self.lock:
            found = self._accounts.get(account, AccountDistributions()).distributions.values()
            return [
                (distribution.arn, dict(distribution.tags)) for distribution in found if distribution.tags
            ]

    def summary(self) -> dict[str, object]:
        """The state for the admin path: per account, distributions and functions."""
        with self.lock:
            distributions = [
                {
                    "account": distribution.account,
                    "id": distribution.id,
                    "domain_name": distribution.domain_name,
                    "aliases": list(distribution.aliases),
                    "status": distribution.status,
                    "enabled": distribution.config["Enabled"],
                    "invalidations_in_progress": len(distribution.invalidations_in_progress),
                }
                for account in self._accounts.values()
                for distribution in account.distributions.values()
            ]
            functions = [
                {"account": account, "region": region, "name": name, "versions": sorted(found.versions)}
                for account, region, group in self._regions
                for name, found in group.functions.items()
            ]
            return {"distributions": distributions, "functions": functions}

    def download(self, request: Request) -> Response:
        """The code for a URL from GetFunction."""
        with self.lock:
            now = self._schedule.now()
            return download(request, self._regions, self._secret, now, self._handed_out)

    def replace_code(self, arn: str, code: bytes, *, mirror: bool) -> None:
        """Give the version this `code`; with `mirror` only its download, as from a bad mirror.

        Raises ValueError for a missing version.
        """
        with self.lock:
            named = FunctionArn.parse(arn)
            version = None if named is None else self._find_version(named)
            if version is None:
                raise ValueError(f"there is no version {arn}")
            if mirror:
                self._handed_out[arn] = code
            else:
                version.code = code

    def match(self, service: str, request: Request) -> Matched | None:
        """The operation of a request, or None when the service has no such URI."""
        found = self._services[service].router.match(request)
        return None if found is None else Matched(self._services[service], *found)

    def refuse(self, service: str, error: ServiceError) -> Response:
        """`error` in the wire format of `service`."""
        return self._services[service].write_error(error, str(uuid.uuid4()))

    def answer(self, matched: Matched, request: Request, caller: Caller, base_url: str) -> Response:
        """Carry out the operation. Refusals are returned as the service's error documents."""
        service, request_id = matched.service, str(uuid.uuid4())
        model = service_model(service.name).operation_model(matched.operation)
        operation = service.operations.get(matched.operation)
        try:
            if operation is None:
                raise ServiceError(
                    "NotImplemented", f"The sandbox does not answer {service.name}:{matched.operation}.", 501
                )
            inputs = service.read_input(model, request, matched.uri)
            with self.lock:
                self._schedule.run_due()
                call = Call(
                    operation=matched.operation,
                    account=caller.account,
                    region=caller.region,
                    now=self._schedule.now(),
                    inputs=inputs,
                    body=request.body,
                    base_url=base_url,
                )
                return service.write_output(model, operation(call), request_id)
        except ServiceError as error:
            return service.write_error(error, request_id)

    def remember(self, account: str) -> AccountState:
        """The whole state of an account, after due events; for `put_back`."""
        with self.lock:
            self._schedule.run_due()
            regions = {region: found for owner, region, found in self._regions if owner == account}
            held = (self._accounts.get(account, AccountDistributions()), regions)
            return AccountState(account, *copy.deepcopy(held))

    def put_back(self, state: AccountState) -> None:
        """Restore the account's state. What its edges serve stays, and so do later events."""
        with self.lock:
            distributions, regions = copy.deepcopy((state.distributions, state.regions))
            self._accounts[state.account] = distributions
            for region in {name for account, name, _ in self._regions if account == state.account}:
                self._regions.regions[state.account, region] = regions.get(region, RegionFunctions())
