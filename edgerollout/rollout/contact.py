"""First contact with an account: every read that a publish makes, and the answer that we assume.

Nothing is changed: the upload is a DryRun, and the edited document is not sent.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from edgerollout.release.delivery.choice import means_of
from edgerollout.release.delivery.distribution_document import behaviors, there_and_back
from edgerollout.release.facts.bundle import code_sha256, zipped
from edgerollout.release.facts.contact import Assumption, Contact
from edgerollout.release.facts.live import CALLER_REFERENCE
from edgerollout.release.facts.snapshot import DEPLOYED
from edgerollout.rollout.ports import AwsFailure, CredentialsExpired, NotFound
from edgerollout.rollout.reading import check_account, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution, Function
    from edgerollout.rollout.session import Session

T = TypeVar("T")

LONGEST = 45.0
"""Seconds after which no further read starts."""

PATIENCE = 5.0
"""Seconds for which a read that fails is tried again."""

MOST_DISTRIBUTIONS = 3
"""How many distributions of the environment are tested: they are alike, and each costs five calls."""

_STATES = frozenset({"Active", "Inactive", "Pending", "Failed"})
_UPDATES = frozenset({"Auto", "Manual", "FunctionUpdate"})
_STATUSES = frozenset({DEPLOYED, "InProgress"})


def look(session: Session, environment: Environment) -> tuple[Assumption, ...]:
    """Test every assumption, in the order of a publish.

    Raises UsageError for credentials of another account and for missing distributions, AwsFailure where the
    distributions cannot be listed, and CredentialsExpired.
    """
    check_account(session.aws, environment)
    everything = session.aws.cloudfront.distributions()
    own = resolve(environment.distributions, everything, environment.name)
    looking = _Looking(session)
    looking.note("list", environment.account, "ListDistributions tells all distributions of the account")
    for distribution in own[:MOST_DISTRIBUTIONS]:
        _distribution(looking, environment, distribution)
    _function(looking, environment)
    looking.at(
        "role",
        environment.function.role,
        "GetRole tells who may assume it",
        lambda: session.aws.roles.role(environment.function.role),
        lambda role: None if role is None or role.trusted_services else "it names no service",
        missing="there is no such role yet",
    )
    looking.at(
        "pricing-plans",
        environment.account,
        "ListSubscriptions tells what is on a flat-rate plan",
        session.aws.inspection.flat_rate,
        lambda plans: _listed("no ARN", (plan for plan in plans if not plan.startswith("arn:"))),
    )
    for url in environment.urls:
        _page(looking, url)
    return tuple(looking.found)


class _Looking:
    """Tests one assumption after the other while there is time."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.found: list[Assumption] = []
        self._ends = session.clock.monotonic() + LONGEST

    def note(self, name: str, subject: str, assumed: str, came: str | None = None) -> None:
        state = Contact.SEEN if came is None else Contact.DIFFERS
        self.found.append(Assumption(name, subject, assumed, state, came))

    def not_seen(self, name: str, subject: str, assumed: str, why: str) -> None:
        self.found.append(Assumption(name, subject, assumed, Contact.NOT_SEEN, why))

    def at(
        self,
        name: str,
        subject: str,
        assumed: str,
        read: Callable[[], T],
        judge: Callable[[T], str | None],
        *,
        missing: str | None = None,
    ) -> T | None:
        """Read, and note the answer where `judge` finds it different.

        `missing`: why the answer may be None.
        """
        if self.session.clock.monotonic() > self._ends:
            self.not_seen(name, subject, assumed, "there was no time left")
            return None
        try:
            value = read()
        except CredentialsExpired:
            raise
        except AwsFailure as failure:
            malformed = failure.code == "MalformedAnswer"
            (self.note if malformed else self.not_seen)(name, subject, assumed, str(failure))
            return None
        if value is None and missing is not None:
            self.not_seen(name, subject, assumed, missing)
            return None
        self.note(name, subject, assumed, judge(value))
        return value


def _distribution(looking: _Looking, environment: Environment, listed: Distribution) -> None:
    cloudfront, means, name = looking.session.aws.cloudfront, means_of(environment), listed.name
    found = looking.at(
        "distribution",
        name,
        "GetDistribution tells what ListDistributions tells: ETag, status, behaviors",
        lambda: cloudfront.distribution(listed.id),
        partial(_apart, listed),
    )
    etag = listed.etag if found is None else found.etag
    document = looking.at(
        "document",
        name,
        "GetDistributionConfig has the same ETag and behaviors",
        lambda: cloudfront.document(listed.id),
        lambda read: (
            f"ETag {read.etag}, not {etag}"
            if read.etag != etag
            else None
            if behaviors(read.xml) == listed.behaviors
            else "its behaviors are other ones than the list's"
        ),
    )
    assumed = "a trigger that goes in and out again leaves every byte of the document as it was"
    if document is None:
        looking.not_seen("splice", name, assumed, "there is no document")
    else:
        same = there_and_back(document.xml, means) == document.xml
        looking.note("splice", name, assumed, None if same else "other bytes come back")
    looking.at(
        "invalidations",
        name,
        "ListInvalidations and GetInvalidation tell ours by their caller reference",
        lambda: cloudfront.own_invalidation(listed.id, CALLER_REFERENCE, (listed.last_modified,)),
        lambda _: None,
        missing="there is none of ours",
    )
    looking.at(
        "tags", name, "ListTagsForResource tells who manages it", lambda: cloudfront.tags(listed.arn), _fine
    )
    for policy in sorted({behavior.response_headers_policy or "" for behavior in listed.behaviors} - {""})[
        :1
    ]:
        looking.at(
            "headers-policy",
            policy,
            "GetResponseHeadersPolicy tells which headers it overrides",
            partial(cloudfront.headers_policy, policy),
            _fine,
        )


def _apart(listed: Distribution, found: Distribution) -> str | None:
    """How GetDistribution's answer differs from the list's."""
    pairs = (
        ("ETag", listed.etag, found.etag),
        ("status", listed.status, found.status),
        ("aliases", listed.aliases, found.aliases),
        ("behaviors", len(listed.behaviors), len(found.behaviors)),
    )
    apart = [f"{kind} {there}, the list says {here}" for kind, here, there in pairs if here != there]
    if listed.behaviors != found.behaviors and not apart:
        apart.append("other triggers than in the list")
    if found.status not in _STATUSES:
        apart.append(f"status {found.status}")
    return "; ".join(apart) or None


def _function(looking: _Looking, environment: Environment) -> None:
    functions, name = looking.session.aws.functions, environment.function.name
    function = looking.at(
        "function",
        name,
        "GetFunction and ListVersionsByFunction tell its configuration, versions and tags",
        lambda: functions.function(name),
        lambda read: None if read is None or read.tags is not None else "its tags are not told",
        missing="there is no such function yet",
    )
    looking.at(
        "state",
        name,
        f"GetFunctionConfiguration tells a state of {', '.join(sorted(_STATES))}",
        lambda: _state(looking, name),
        lambda found: None if found is None or found[0] in _STATES else f"state {found[0]}",
        missing="there is no such function yet",
    )
    if function is not None:
        looking.at(
            "runtime-management",
            name,
            "GetRuntimeManagementConfig tells when its runtime is updated",
            lambda: looking.session.aws.inspection.runtime_updates(name),
            lambda found: None if found in _UPDATES else f"on {found}",
        )
        _code(looking, function)


def _state(looking: _Looking, name: str) -> tuple[str, str] | None:
    try:
        return looking.session.aws.functions.state(name)
    except NotFound:
        return None


def _code(looking: _Looking, function: Function) -> None:
    functions = looking.session.aws.functions
    newest = function.versions[-1] if function.versions else None
    downloaded = (
        "a version's code comes from the address that GetFunction gives, with the SHA-256 that it has"
    )
    code: bytes | None = None
    if newest is None:
        looking.not_seen("download", function.name, downloaded, "there is no version yet")
    else:
        code = looking.at(
            "download",
            f"{function.name}:{newest.number}",
            downloaded,
            lambda: functions.code(function.name, newest.number),
            lambda code: (
                None
                if code_sha256(code) == newest.code_sha256
                else f"{code_sha256(code)}, not {newest.code_sha256}"
            ),
        )
    bundle = code or _some_zip()
    answered = looking.at(
        "upload",
        function.name,
        "UpdateFunctionCode with DryRun answers with the SHA-256 of what was sent",
        lambda: functions.try_code(function.name, bundle),
        lambda sha: None if sha == code_sha256(bundle) else f"{sha}, not {code_sha256(bundle)}",
    )
    if answered is not None:
        looking.at(
            "dry-run",
            function.name,
            "a DryRun changes neither code nor revision",
            lambda: functions.function(function.name),
            lambda after: (
                None
                if after is not None
                and (after.code_sha256, after.revision_id) == (function.code_sha256, function.revision_id)
                else "the function is another one after it"
            ),
        )


def _some_zip() -> bytes:
    return zipped({"index.mjs": b"export const handler = async () => undefined;\n"})


def _page(looking: _Looking, url: str) -> None:
    probe, assumed = looking.session.probe, "the page answers from here, through CloudFront"
    if probe is None:
        return
    seen = probe.headers(url)
    if seen.status is None:
        looking.not_seen("page", url, assumed, seen.error or "no answer")
    else:
        looking.note("page", url, assumed, None if seen.cache is not None else "there is no x-cache header")


def _fine(_: object) -> None:
    """Accepts every answer."""


def _listed(problem: str, found: Iterable[str]) -> str | None:
    return ", ".join(f"{problem}: {name}" for name in found) or None
