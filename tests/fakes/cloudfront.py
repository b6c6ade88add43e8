"""CloudFront in memory: ETags, propagation, association rules, invalidations."""

from __future__ import annotations

import functools
import itertools
import math
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from edgerollout.release.delivery.distribution_document import behaviors
from edgerollout.release.facts.headers_policies import StandingPolicy
from edgerollout.release.facts.live import CALLER_REFERENCE, likeliest, outlived
from edgerollout.release.facts.snapshot import DEPLOYED, Distribution, HeadersPolicy, Invalidation, Trigger
from edgerollout.rollout.ports import (
    AlreadyExists,
    AwsFailure,
    Document,
    NotFound,
    PreconditionFailed,
    Referenced,
    TooManyInvalidations,
    Updated,
)
from tests.fakes import documents
from tests.fakes.associations import check_triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.fakes.clock import FakeClock
    from tests.fakes.faults import Faults
    from tests.fakes.functions import FakeLambda
    from tests.fakes.windows import Windows

MOST_WILDCARDS = 15
MOST_POLICIES = 20
_behaviors = functools.lru_cache(maxsize=256)(behaviors)
"""Each document is looked at again and again."""


SECURITY_HEADERS = HeadersPolicy(
    "67f7725c-6f97-4210-82d7-5512b31e9d03",
    "Managed-SecurityHeadersPolicy",
    overrides=frozenset({"x-content-type-options"}),
    config={
        "SecurityHeadersConfig": {
            "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
            "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
            "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
            "ContentTypeOptions": {"Override": True},
            "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": 31_536_000},
        }
    },
)
"""One of those every account has."""


@dataclass
class _Stored:
    id: str
    xml: bytes
    etag: str
    changed_at: datetime
    deployed_at: datetime
    invalidations: list[Invalidation] = field(default_factory=list)
    """Oldest first; `completed` is worked out when one is read."""
    former: list[tuple[datetime, datetime, bytes]] = field(default_factory=list)
    """What it was before, oldest first: since when, when that was Deployed, the document."""


class FakeCloudFront:
    """Fulfils `ports.CloudFront`. `add` puts distributions there, `edit` is another writer."""

    def __init__(
        self, account: str, clock: FakeClock, faults: Faults, windows: Windows, functions: FakeLambda
    ) -> None:
        self._account = account
        self._clock = clock
        self._faults = faults
        self._windows = windows
        self._functions = functions
        self._stored: dict[str, _Stored] = {}
        self.headers_policies = {SECURITY_HEADERS.id: SECURITY_HEADERS}
        self.policies: dict[str, StandingPolicy] = {}
        """The account's own response headers policies, by id."""
        self.tags_of: dict[str, dict[str, str]] = {}
        """Distribution id → its tags."""
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    # --- what tests do ---------------------------------------------------------------------------

    def add(self, distribution_id: str, xml: bytes | None = None, *, age: float = 86_400.0) -> str:
        """A distribution that was last changed `age` seconds ago. Returns its id."""
        changed = self._clock.now() - timedelta(seconds=age)
        self._stored[distribution_id] = _Stored(
            distribution_id,
            xml if xml is not None else documents.document(),
            self._etag(),
            changed,
            changed + timedelta(seconds=self._windows.deploy_seconds),
        )
        self._replicate()
        return distribution_id

    def edit(self, distribution_id: str, change: Callable[[bytes], bytes] = lambda xml: xml) -> str:
        """Another writer's change: new document, new ETag, InProgress. Nothing is checked."""
        with self._lock:
            return self._commit(self._stored[distribution_id], change(self._stored[distribution_id].xml))

    def keep(self, distribution_id: str, change: Callable[[bytes], bytes]) -> None:
        """Store another document than was sent, under the ETag that was answered."""
        with self._lock:
            self._stored[distribution_id].xml = change(self._stored[distribution_id].xml)

    def xml(self, distribution_id: str) -> bytes:
        """The document as it is stored now."""
        return self._stored[distribution_id].xml

    def in_the_field(self, distribution_id: str) -> list[list[bytes]]:
        """For each change, the documents that some location may serve at that moment: CloudFront's locations
        learn of a change one by one, and all of them have what was Deployed before it.
        """
        stored = self._stored[distribution_id]
        every = [*stored.former, (stored.changed_at, stored.deployed_at, stored.xml)]
        return [
            [
                xml
                for place, (_, _, xml) in enumerate(every[: number + 1])
                if not any(deployed <= now for _, deployed, _ in every[place + 1 : number + 1])
            ]
            for number, (now, _, _) in enumerate(every)
        ]

    def triggers(self, distribution_id: str) -> dict[str, tuple[Trigger, ...]]:
        """path → triggers, as stored now."""
        return {behavior.path: behavior.triggers for behavior in _behaviors(self.xml(distribution_id))}

    def invalidations(self, distribution_id: str) -> list[Invalidation]:
        """Every invalidation made so far, oldest first."""
        return [self._now(invalidation) for invalidation in self._stored[distribution_id].invalidations]

    # --- the port --------------------------------------------------------------------------------

    def distributions(self) -> tuple[Distribution, ...]:
        for _ in range(1, max(1, math.ceil(len(self._stored) / 100))):
            self._faults.perform("cloudfront:ListDistributions", lambda: None)
        return self._faults.perform(
            "cloudfront:ListDistributions", lambda: tuple(map(self._view, self._stored.values()))
        )

    def distribution(self, distribution_id: str) -> Distribution:
        return self._faults.perform(
            "cloudfront:GetDistribution",
            lambda: self._view(self._find(distribution_id, "cloudfront:GetDistribution")),
        )

    def document(self, distribution_id: str) -> Document:
        def body() -> Document:
            stored = self._find(distribution_id, "cloudfront:GetDistributionConfig")
            return Document(stored.etag, stored.xml)

        return self._faults.perform("cloudfront:GetDistributionConfig", body)

    def update(self, distribution_id: str, document: Document) -> Updated:
        operation = "cloudfront:UpdateDistribution"

        def body() -> Updated:
            with self._lock:
                stored = self._find(distribution_id, operation)
                if not document.etag:
                    raise PreconditionFailed(
                        operation, "InvalidIfMatchVersion", "The If-Match version is missing or not valid."
                    )
                if document.etag != stored.etag:
                    raise PreconditionFailed(
                        operation,
                        "PreconditionFailed",
                        "The request failed because it didn't meet the preconditions in one or more "
                        "request-header fields.",
                    )
                self._check(stored, document.xml)
                self._commit(stored, document.xml)
                return Updated(stored.etag, "InProgress", stored.changed_at)

        return self._faults.perform(operation, body)

    def invalidate(self, distribution_id: str, paths: Sequence[str], caller_reference: str) -> Invalidation:
        operation = "cloudfront:CreateInvalidation"

        def body() -> Invalidation:
            with self._lock:
                stored = self._find(distribution_id, operation)
                for invalidation in stored.invalidations:
                    if invalidation.caller_reference == caller_reference:
                        if invalidation.paths != tuple(paths):
                            raise AwsFailure(
                                operation, "InvalidationBatchAlreadyExists", "the reference was used before"
                            )
                        return self._now(invalidation)
                return self._invalidate(stored, tuple(paths), caller_reference)

        return self._faults.perform(operation, body)

    def invalidation(self, distribution_id: str, invalidation_id: str) -> Invalidation:
        operation = "cloudfront:GetInvalidation"

        def body() -> Invalidation:
            for invalidation in self._find(distribution_id, operation).invalidations:
                if invalidation.id == invalidation_id:
                    return self._now(invalidation)
            raise NotFound(operation, "NoSuchInvalidation", "The specified invalidation does not exist.")

        return self._faults.perform(operation, body)

    def own_invalidation(
        self, distribution_id: str, prefix: str, since: Sequence[datetime]
    ) -> Invalidation | None:
        operation = "cloudfront:ListInvalidations"
        listed = self._faults.perform(
            operation, lambda: self._find(distribution_id, operation).invalidations[::-1]
        )
        of_others: list[datetime] = []
        for index in likeliest([invalidation.created_at for invalidation in listed], since):
            candidate = self.invalidation(distribution_id, listed[index].id)
            if candidate.caller_reference.startswith(prefix):
                return None if outlived(candidate.created_at, of_others) else candidate
            if candidate.caller_reference.startswith(CALLER_REFERENCE):
                of_others.append(candidate.created_at)
        return None

    def headers_policy(self, policy_id: str) -> HeadersPolicy:
        operation = "cloudfront:GetResponseHeadersPolicy"

        def body() -> HeadersPolicy:
            if policy_id not in self.headers_policies:
                raise NotFound(
                    operation, "NoSuchResponseHeadersPolicy", "The specified policy does not exist."
                )
            return self.headers_policies[policy_id]

        return self._faults.perform(operation, body)

    def own_headers_policies(self) -> tuple[StandingPolicy, ...]:
        return self._faults.perform(
            "cloudfront:ListResponseHeadersPolicies", lambda: tuple(self.policies.values())
        )

    def create_headers_policy(self, config: Mapping[str, object]) -> StandingPolicy:
        operation = "cloudfront:CreateResponseHeadersPolicy"

        def body() -> StandingPolicy:
            name, comment = str(config["Name"]), str(config.get("Comment", ""))
            if any(policy.name == name for policy in self.policies.values()):
                code = "ResponseHeadersPolicyAlreadyExists"
                raise AlreadyExists(
                    operation, code, "A response headers policy with this name already exists."
                )
            if len(self.policies) >= MOST_POLICIES:
                code = "TooManyResponseHeadersPolicies"
                raise AwsFailure(operation, code, "You have reached the maximum number of policies.")
            said = {key: item for key, item in config.items() if key not in ("Name", "Comment")}
            made = StandingPolicy(f"policy-{next(self._numbers)}", name, comment, said)
            self.policies[made.id] = made
            return made

        return self._faults.perform(operation, body)

    def delete_headers_policy(self, policy_id: str) -> None:
        def look() -> None:
            if policy_id not in self.policies:
                raise NotFound(
                    "cloudfront:GetResponseHeadersPolicyConfig",
                    "NoSuchResponseHeadersPolicy",
                    "The specified response headers policy does not exist.",
                )

        def body() -> None:
            look()
            if any(
                policy_id == behavior.response_headers_policy
                for xml in self._xmls()
                for behavior in _behaviors(xml)
            ):
                raise Referenced(
                    "cloudfront:DeleteResponseHeadersPolicy",
                    "ResponseHeadersPolicyInUse",
                    "Cannot delete the response headers policy because it is attached.",
                )
            del self.policies[policy_id]

        self._faults.perform("cloudfront:GetResponseHeadersPolicyConfig", look)
        self._faults.perform("cloudfront:DeleteResponseHeadersPolicy", body)

    def tags(self, distribution_arn: str) -> Mapping[str, str]:
        operation = "cloudfront:ListTagsForResource"

        def body() -> Mapping[str, str]:
            identity = distribution_arn.rpartition("/")[2]
            if identity not in self._stored:
                raise NotFound(operation, "NoSuchResource", "The specified resource does not exist.")
            return dict(self.tags_of.get(identity, {}))

        return self._faults.perform(operation, body)

    # --- within ----------------------------------------------------------------------------------

    def _xmls(self) -> list[bytes]:
        return [stored.xml for stored in self._stored.values()]

    def _find(self, distribution_id: str, operation: str) -> _Stored:
        found = self._stored.get(distribution_id)
        if found is None:
            raise NotFound(operation, "NoSuchDistribution", "The specified distribution does not exist.")
        return found

    def _view(self, stored: _Stored) -> Distribution:
        xml = stored.xml
        return Distribution(
            id=stored.id,
            arn=f"arn:aws:cloudfront::{self._account}:distribution/{stored.id}",
            domain_name=f"d{stored.id.lower()}.cloudfront.net",
            aliases=documents.aliases_of(xml),
            status=DEPLOYED if self._clock.now() >= stored.deployed_at else "InProgress",
            last_modified=stored.changed_at,
            behaviors=_behaviors(xml),
            etag=stored.etag,
            enabled=documents.text_of(xml, "Enabled") == "true",
            staging=documents.text_of(xml, "Staging") == "true",
            multi_tenant=documents.text_of(xml, "ConnectionMode") == "tenant-only",
            custom_errors=documents.custom_errors_of(xml),
        )

    def _check(self, stored: _Stored, xml: bytes) -> None:
        operation = "cloudfront:UpdateDistribution"
        try:
            after = _behaviors(xml)
        except ET.ParseError as error:
            raise AwsFailure(operation, "MalformedXML", str(error)) from None
        if wrong := documents.wrong_quantities(xml):
            raise AwsFailure(operation, "InconsistentQuantities", f"Quantity and Items differ: {wrong}")
        if documents.text_of(xml, "CallerReference") != documents.text_of(stored.xml, "CallerReference"):
            raise AwsFailure(operation, "IllegalUpdate", "You cannot update CallerReference.")
        check_triggers(_behaviors(stored.xml), after, self._account, self._functions)

    def _commit(self, stored: _Stored, xml: bytes) -> str:
        stored.former.append((stored.changed_at, stored.deployed_at, stored.xml))
        stored.xml = xml
        stored.etag = self._etag()
        stored.changed_at = self._clock.now()
        stored.deployed_at = stored.changed_at + timedelta(seconds=self._windows.deploy_seconds)
        self._replicate()
        return stored.etag

    def _replicate(self) -> None:
        named = (
            trigger.arn
            for stored in self._stored.values()
            for b in _behaviors(stored.xml)
            for trigger in b.triggers
        )
        self._functions.replicate(frozenset(named))

    def _invalidate(self, stored: _Stored, paths: tuple[str, ...], caller_reference: str) -> Invalidation:
        operation = "cloudfront:CreateInvalidation"
        if not paths or any(not path.startswith("/") for path in paths):
            raise AwsFailure(operation, "InvalidArgument", "Your request contains an invalid path.")
        wildcards = sum(
            path.endswith("*")
            for invalidation in map(self._now, stored.invalidations)
            if not invalidation.completed
            for path in invalidation.paths
        )
        if wildcards + sum(path.endswith("*") for path in paths) > MOST_WILDCARDS:
            raise TooManyInvalidations(
                operation,
                "TooManyInvalidationsInProgress",
                "Processing your request will cause you to exceed the maximum number of in-progress "
                "wildcard invalidations.",
            )
        made = Invalidation(
            id=f"I{next(self._numbers):013d}",
            caller_reference=caller_reference,
            created_at=self._clock.now(),
            completed=False,
            paths=paths,
        )
        stored.invalidations.append(made)
        return self._now(made)

    def _now(self, invalidation: Invalidation) -> Invalidation:
        age = (self._clock.now() - invalidation.created_at).total_seconds()
        return replace(invalidation, completed=age >= self._windows.invalidation_seconds)

    def _etag(self) -> str:
        return f"E{next(self._numbers):013d}"
