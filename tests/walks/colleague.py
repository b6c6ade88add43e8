"""Somebody else in the same account, who writes to the same distributions and functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from .ground import Ground

Config = dict[str, Any]

ADDED = "/added/*"
THEIRS = "theirs"


class Colleague:
    """`cloudfront` and `functions` are clients; updates are made with the ETag that was read."""

    def __init__(self, ground: Ground, cloudfront: Any = None, functions: Any = None) -> None:
        self.ground = ground
        self.cloudfront = cloudfront or ground.cloudfront
        self.functions = functions or ground.functions
        self.theirs = f"arn:aws:lambda:us-east-1:{ground.account}:function:{THEIRS}-{ground.account}:1"

    def update(self, distribution: str, change: Callable[[Config], object]) -> None:
        """Read, change, write; from the beginning when somebody else was faster."""
        while True:
            found = self.cloudfront.get_distribution_config(Id=distribution)
            config = found["DistributionConfig"]
            change(config)
            try:
                self.cloudfront.update_distribution(
                    Id=distribution, IfMatch=found["ETag"], DistributionConfig=config
                )
            except self.cloudfront.exceptions.PreconditionFailed:
                continue
            return

    # --- what is not ours ------------------------------------------------------------------------------

    def comments(self, dice: random.Random) -> None:
        words = f"theirs {dice.randrange(1000)}"
        self.update(_any(dice, self.ground), lambda config: config.update(Comment=words))

    def attaches_elsewhere(self, dice: random.Random) -> None:
        """Their function on the event before: it stays, whatever we do."""
        self.update(_any(dice, self.ground), lambda config: _give(config, "viewer-request", self.theirs))

    def takes_off_elsewhere(self, dice: random.Random) -> None:
        self.update(_any(dice, self.ground), lambda config: _take(config, ":function:theirs"))

    def adds_a_behavior(self, dice: random.Random) -> None:
        self.update(_any(dice, self.ground), _add)

    def removes_a_behavior(self, dice: random.Random) -> None:
        self.update(_any(dice, self.ground), _remove)

    def tags(self, dice: random.Random) -> None:
        text = _any(dice, self.ground)
        arn = self.cloudfront.get_distribution(Id=text)["Distribution"]["ARN"]
        tag = {"Key": "team", "Value": f"team {dice.randrange(9)}"}
        self.cloudfront.tag_resource(Resource=arn, Tags={"Items": [tag]})

    def publishes_by_hand(self, dice: random.Random) -> None:
        name = self.ground.function_of(dice.choice(("testing", "staging")))
        try:
            self.functions.publish_version(FunctionName=name, Description="by hand")
        except self.functions.exceptions.ResourceNotFoundException:
            return

    # --- what is ours ----------------------------------------------------------------------------------

    def strips(self, dice: random.Random) -> None:
        """Our triggers off one behavior, or off all of a distribution."""
        path = dice.choice((None, "*"))
        self.update(_any(dice, self.ground), lambda config: _take(config, ":function:headers", path))

    def moves(self, dice: random.Random) -> None:
        """Our triggers of one distribution to another version of ours, or to the other event."""
        text = _any(dice, self.ground)
        function = self.ground.function_of("staging" if text == self.ground.staging else "testing")
        number = dice.randrange(1, 5)
        event = dice.choice(("origin-response", "origin-response", "viewer-response"))
        arn = f"arn:aws:lambda:us-east-1:{self.ground.account}:function:{function}:{number}"

        def change(config: Config) -> None:
            if _take(config, ":function:headers"):
                _give(config, event, arn)

        try:
            self.update(text, change)
        except self.cloudfront.exceptions.ClientError:
            return  # there is no such version

    def takes_the_slot(self, dice: random.Random) -> None:
        """Their function where ours was."""
        text, event = _any(dice, self.ground), self.ground.wanted.event

        def change(config: Config) -> None:
            _take(config, ":function:headers")
            _give(config, event, self.theirs)

        self.update(text, change)

    def leaves(self) -> None:
        """Their functions off everything."""
        for identity in self.ground.ids:
            self.update(identity, lambda config: _take(config, ":function:theirs"))


MEANWHILE: tuple[str, ...] = (
    "comments",
    "attaches_elsewhere",
    "takes_off_elsewhere",
    "adds_a_behavior",
    "removes_a_behavior",
    "tags",
    "publishes_by_hand",
)
"""What leaves our triggers alone."""
HOSTILE: tuple[str, ...] = ("strips", "moves", "takes_the_slot")


def _any(dice: random.Random, ground: Ground) -> str:
    return dice.choice((ground.first, ground.first, ground.second, ground.staging))


def _behaviors(config: Config, path: str | None = None) -> Iterator[Config]:
    for behavior in [*config["CacheBehaviors"].get("Items", []), config["DefaultCacheBehavior"]]:
        if path is None or behavior.get("PathPattern", "*") == path:
            yield behavior


def _give(config: Config, event: str, arn: str) -> None:
    for behavior in _behaviors(config):
        found = behavior["LambdaFunctionAssociations"].get("Items", [])
        if all(item["EventType"] != event for item in found):
            found = [*found, {"LambdaFunctionARN": arn, "EventType": event, "IncludeBody": False}]
        behavior["LambdaFunctionAssociations"] = {"Quantity": len(found), "Items": found}


def _take(config: Config, part: str, path: str | None = None) -> int:
    taken = 0
    for behavior in _behaviors(config, path):
        found = behavior["LambdaFunctionAssociations"].get("Items", [])
        kept = [item for item in found if part not in item["LambdaFunctionARN"]]
        taken += len(found) - len(kept)
        behavior["LambdaFunctionAssociations"] = {"Quantity": len(kept), "Items": kept}
    return taken


def _add(config: Config) -> None:
    found = config["CacheBehaviors"].get("Items", [])
    if any(item["PathPattern"] == ADDED for item in found):
        return
    copied = {**config["DefaultCacheBehavior"], "PathPattern": ADDED}
    copied["LambdaFunctionAssociations"] = {"Quantity": 0, "Items": []}
    config["CacheBehaviors"] = {"Quantity": len(found) + 1, "Items": [*found, copied]}


def _remove(config: Config) -> None:
    found = [
        behavior for behavior in config["CacheBehaviors"].get("Items", []) if behavior["PathPattern"] != ADDED
    ]
    config["CacheBehaviors"] = {"Quantity": len(found), "Items": found}
