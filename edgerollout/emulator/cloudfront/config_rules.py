"""What CloudFront refuses in a DistributionConfig, apart from function associations."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from edgerollout.emulator.cloudfront.errors import refusal
from edgerollout.emulator.cloudfront.managed import CACHE_POLICIES, ORIGIN_REQUEST_POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.emulator.messages import Members
    from edgerollout.emulator.settings import Quotas


def behaviors(config: Members) -> Iterator[tuple[str | None, Members]]:
    """Every behavior with its path pattern, in order of precedence; the default (None) last."""
    for behavior in config.get("CacheBehaviors", {}).get("Items", ()):
        yield behavior["PathPattern"], behavior
    yield None, config["DefaultCacheBehavior"]


def check_quantities(value: object) -> None:
    """Every Quantity equals the number of its Items. Raises InconsistentQuantities."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        if "Quantity" in members and members["Quantity"] != len(members.get("Items", ())):
            raise refusal(
                "InconsistentQuantities", "The value of Quantity and the size of Items do not match."
            )
        for member in members.values():
            check_quantities(member)
    elif isinstance(value, list):
        for element in cast("list[object]", value):
            check_quantities(element)


def check_config(config: Members, quotas: Quotas) -> None:
    """The rules for a single config. Raises ServiceError for the first broken rule."""
    check_quantities(config)
    _check_origins(config, quotas)
    patterns = [pattern for pattern, _ in behaviors(config) if pattern is not None]
    if len(patterns) > quotas.cache_behaviors:
        raise refusal(
            "TooManyCacheBehaviors",
            "Your request contains more CacheBehaviors than are allowed per distribution.",
        )
    repeated = [pattern for pattern, count in Counter(patterns).items() if count > 1]
    if repeated:
        raise refusal(
            "InvalidArgument", f"The parameter PathPattern contains a duplicate value: {repeated[0]}"
        )
    for _, behavior in behaviors(config):
        _check_behavior(behavior)


def _check_origins(config: Members, quotas: Quotas) -> None:
    origins = [origin["Id"] for origin in config["Origins"].get("Items", ())]
    groups = config.get("OriginGroups", {}).get("Items", ())
    if not origins:
        raise refusal("InvalidArgument", "The parameter Origins must contain at least one origin.")
    if len(origins) > quotas.origins:
        raise refusal("TooManyOrigins", "You cannot create more origins for the distribution.")
    if len(set(origins)) != len(origins):
        raise refusal("InvalidArgument", "The parameter Id must be unique among the origins.")
    targets = {*origins, *(group["Id"] for group in groups)}
    named = [behavior["TargetOriginId"] for _, behavior in behaviors(config)]
    members = [member["OriginId"] for group in groups for member in group["Members"].get("Items", ())]
    if not set(named) <= targets or not set(members) <= set(origins):
        raise refusal("NoSuchOrigin", "One or more of your origins or origin groups do not exist.")


def _check_behavior(behavior: Members) -> None:
    cache_policy = behavior.get("CachePolicyId")
    if cache_policy:
        if cache_policy not in CACHE_POLICIES:
            raise refusal("NoSuchCachePolicy", "The specified cache policy does not exist.")
        for name in ("ForwardedValues", "MinTTL", "DefaultTTL", "MaxTTL"):
            if name in behavior:
                raise refusal(
                    "InvalidArgument",
                    f"The parameter {name} cannot be used when a cache policy is associated "
                    "to the cache behavior.",
                )
    elif "ForwardedValues" not in behavior:
        raise refusal("InvalidArgument", "The parameter ForwardedValues is required.")
    elif not behavior["MinTTL"] <= behavior["DefaultTTL"] <= behavior["MaxTTL"]:
        raise refusal("InvalidTTLOrder", "The order of TTL values must be MinTTL <= DefaultTTL <= MaxTTL.")
    policy = behavior.get("OriginRequestPolicyId")
    if policy and policy not in ORIGIN_REQUEST_POLICIES:
        raise refusal("NoSuchOriginRequestPolicy", "The specified origin request policy does not exist.")


def check_update(old: Members, new: Members, submitted: Members) -> None:
    """The limits of an update. `submitted` is the config before defaults. Raises IllegalUpdate."""
    if new["CallerReference"] != old["CallerReference"]:
        raise refusal("IllegalUpdate", "You cannot update CallerReference.")
    if new.get("Staging") != old.get("Staging"):
        raise refusal("IllegalUpdate", "You cannot update Staging.")
    for origin in submitted["Origins"].get("Items", ()):
        custom = origin.get("CustomOriginConfig")
        for name in ("OriginReadTimeout", "OriginKeepaliveTimeout"):
            if custom is not None and name not in custom:
                raise refusal("IllegalUpdate", f"{name} is required for updates.")
