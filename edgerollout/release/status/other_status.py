"""The status of the environment before, from a file: for accounts that this run cannot reach.

The file is the output of `status -o json` there. It has no secrets and no signature: it is as trustworthy as
the job that wrote it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, get_args

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import Refused
from edgerollout.policy.csp import LayeredCsp
from edgerollout.policy.headers import Header, HeaderAction
from edgerollout.policy.refusals import check_csp
from edgerollout.release.facts.environment_before import Before
from edgerollout.release.facts.evidence import CLOCK_SKEW, endpoint_words
from edgerollout.release.facts.fields import Fields, parse_json
from edgerollout.release.facts.lasting import lasting
from edgerollout.release.facts.release import SHORT
from edgerollout.release.facts.snapshot import DEPLOYED
from edgerollout.release.status.before import unsettled

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from edgerollout.advice import Advice

_MAJOR = "1."


def give_status(reach: str, environment: str) -> Advice:
    """`reach` the environment before, or give this run its status in a file."""
    file = f"status-{environment}.json"
    made = CommandLine("status", environment, "-o", "json")
    return advise(f"{reach}, or give its status: ", made, f" > {file}, then --after-status {file}")


def read_other_status(
    content: bytes, *, environment: str, account: str, endpoint: str, now: datetime, max_age: timedelta
) -> Before:
    """The environment that the document of `status -e ENVIRONMENT -o json` describes.

    `account` is its configured account; `endpoint` is AWS, SANDBOX, or the URL of this run's endpoint. Raises
    Refused for a document that cannot be read, has another schema, environment, account or endpoint, is from
    the future, or is older than `max_age`. So it does for a policy that does not match its digests, or that
    could not be published.
    """
    again = advise(
        "Make it again: ", CommandLine("status", environment, "-o", "json"), f" > status-{environment}.json"
    )
    try:
        top = Fields(parse_json(content), "status")
        schema = top.text("schema")
    except ValueError as error:
        raise Refused("the file is not a status document", why=str(error), hint=again) from error
    if not schema.startswith(_MAJOR):
        raise Refused(
            f"the status document has schema {schema}, but this edgerollout knows {_MAJOR}x",
            hint="Use the same edgerollout here and there.",
        )
    try:
        before = _read(top)
        made = top.moment("generated_at")
        gathered = top.text("endpoint")
        wrong = _wrong(before, top)
    except ValueError as error:
        raise Refused("the status document is damaged", why=str(error), hint=again) from error
    if wrong is not None:
        raise Refused("the status document contradicts itself", why=wrong, hint=again)
    if before.name != environment:
        raise Refused(
            f"the status document is about {before.name}, not about {environment}",
            hint=again,
        )
    if before.account != account:
        raise Refused(
            f"the status document is about account {before.account}, but {environment} is in {account}",
            hint=f"Make it with credentials for {account}, or correct environments.{environment}.account.",
        )
    if gathered != endpoint:
        raise Refused(
            f"the status document was made on {endpoint_words(gathered)},"
            f" but this run is on {endpoint_words(endpoint)}",
            hint=again,
        )
    if made > now + CLOCK_SKEW:
        raise Refused(
            "the status document is from the future",
            why=f"it was made at {_time(made)}, now it is {_time(now)}",
            hint="Set the clocks of the two machines.",
        )
    if now - made > max_age:
        raise Refused(
            "the status document is stale",
            why=f"it was made at {_time(made)}, {lasting(now - made)} ago; the limit is {lasting(max_age)}"
            " (gates.evidence_max_age)",
            hint=again,
        )
    return before


def _read(top: Fields) -> Before:
    release = top.count_or_none("release")
    mixed = top.has("releases")
    policy = None if top.value("policy") is None else top.object("policy")
    name = top.text("environment")
    return Before(
        name=name,
        account=top.text("account"),
        release=release,
        # While a policy is enforced, `base` is that policy's.
        base=None if top.text_or_none("enforced") is None else top.text_or_none("base"),
        policy=None if policy is None else _layers(policy, "enforced"),
        headers=None if policy is None else _headers(policy.object("headers")),
        proven=top.texts("proven") if top.has("proven") else (),
        unsettled=unsettled(
            name=name,
            release=release,
            mixed=mixed,
            withdrawn=top.flag("withdrawn"),
            drift=top.flag("drift"),
            in_progress=any(map(_in_progress, top.objects("distributions"))),
        ),
    )


def _wrong(before: Before, top: Fields) -> str | None:
    """How the digests and the policy differ, or why the policy cannot have been published; else None."""
    if top.value("policy") is None:
        return None
    policy, stated = before.policy, top.text_or_none("enforced")
    found = None if policy is None else policy.digest[:SHORT]
    if stated != found:
        return f"enforced is {stated or 'null'}, but its policy has {found or 'none'}"
    if policy is not None and before.base != policy.base_digest[:SHORT]:
        return f"base is {before.base or 'null'}, but its policy has {policy.base_digest[:SHORT]}"
    layers = () if policy is None else (policy.base, policy.overlay)
    broken = (problem for layer in layers for problem in check_csp(layer, ()) if problem.severity == "error")
    return next((problem.message for problem in broken), None)


def _in_progress(distribution: Fields) -> bool:
    invalidated = None if distribution.value("invalidated") is None else distribution.flag("invalidated")
    return distribution.text("status") != DEPLOYED or invalidated is False


def _layers(policy: Fields, name: str) -> LayeredCsp | None:
    value = policy.value(name)
    return None if value is None else LayeredCsp.from_json(value)


def _headers(headers: Fields) -> tuple[Header, ...]:
    found = []
    for name in headers.names():
        header = headers.object(name)
        action = cast("HeaderAction", header.one_of("action", *get_args(HeaderAction)))
        found.append(Header(name.lower(), header.text("value"), action))
    return tuple(found)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
