"""How an environment really stands: read from AWS and from what responses carry, by nothing of ours."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.worst_day.edge import Triggers, triggers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ground import Ground

Slot = tuple[str, str]
"""(distribution, path)."""
WITHDRAWN = "edgerollout:withdrawn:"


@dataclass(frozen=True)
class Version:
    """A numbered version as its Description tells of it; digests are None where there is no such policy."""

    number: int
    ours: bool
    enforced: str | None
    report_only: str | None
    previous: int | None

    @classmethod
    def of(cls, configuration: Mapping[str, Any]) -> Version:
        words = configuration["Description"].split(" ")
        told = dict(word.partition("=")[::2] for word in words)
        values = {name: None if value == "-" else value for name, value in told.items()}
        previous = values.get("previous")
        return cls(
            number=int(configuration["Version"]),
            ours=words[0] == "edgerollout/1",
            enforced=values.get("enforced"),
            report_only=values.get("report-only"),
            previous=None if previous is None else int(previous),
        )


@dataclass(frozen=True)
class Truth:
    """One environment at one moment. `wanted` are the behaviors that its files name."""

    environment: str
    function: str
    named: tuple[str, ...]
    wanted: frozenset[Slot]
    event: str
    triggers: Mapping[str, Triggers]
    carried: Mapping[Slot, frozenset[str | None]]
    status: Mapping[str, str]
    invalidated_for: Mapping[str, str | None]
    """The release that the newest of our invalidations names."""
    versions: Mapping[int, Version]
    tags: Mapping[str, str]
    others: Mapping[str, Any]
    """Of every distribution of the account what is not a trigger of this environment: configuration, tags."""

    @classmethod
    def of(cls, ground: Ground, environment: str) -> Truth:
        ground.server.plane.tick()
        function = ground.function_of(environment)
        configs, status, invalidated, others = {}, {}, {}, {}
        for identity in ground.ids:
            found = ground.cloudfront.get_distribution(Id=identity)["Distribution"]
            configs[identity] = found["DistributionConfig"]
            others[identity] = (
                _without(configs[identity], function),
                ground.cloudfront.list_tags_for_resource(Resource=found["ARN"])["Tags"],
            )
            if identity in ground.may_have(environment):
                status[identity] = found["Status"]
                invalidated[identity] = ground.invalidated_for(identity)
        versions, tags = _function(ground, function)
        mine = ground.may_have(environment)
        triggers = {text: triggers_of(configs[text]) for text in mine}
        return cls(
            environment=environment,
            function=function,
            named=ground.named(environment),
            wanted=frozenset(
                (text, path)
                for text in ground.named(environment)
                for path in triggers[text]
                if path not in ground.excluded(environment, text)
            ),
            event=ground.wanted.event,
            triggers=triggers,
            carried={
                (text, path): frozenset(seen)
                for text in mine
                for path, seen in ground.edge.sees(text).items()
            },
            status=status,
            invalidated_for=invalidated,
            versions=versions,
            tags=tags,
            others=others,
        )

    def at(self, slot: Slot) -> dict[str, int]:
        """Our versions on a behavior, by event."""
        found = self.triggers[slot[0]].get(slot[1], {})
        return {
            event: int(arn.rpartition(":")[2])
            for event, arn in found.items()
            if arn.rpartition(":")[0] == self.function
        }

    @property
    def slots(self) -> list[Slot]:
        """Every behavior of the distributions."""
        return [(text, path) for text, paths in self.triggers.items() for path in paths]

    @property
    def ours(self) -> dict[Slot, dict[str, int]]:
        """Behaviors that have triggers of ours."""
        return {slot: found for slot in self.slots if (found := self.at(slot))}

    @property
    def attached(self) -> set[int]:
        """Our versions that are attached anywhere."""
        return {number for found in self.ours.values() for number in found.values()}

    @property
    def attached_where_wanted(self) -> set[int]:
        return {number for slot in self.wanted for number in self.at(slot).values()}

    @property
    def everywhere(self) -> int | None:
        """The version that every wanted behavior carries at the wanted event, and at no other.

        What is excluded, or on a distribution that is not named any more, is left alone.
        """
        found = {tuple(self.at(slot).items()) for slot in self.wanted}
        if len(found) != 1:
            return None
        [item] = found
        return item[0][1] if len(item) == 1 and item[0][0] == self.event else None

    @property
    def settled(self) -> bool:
        """Deployed, and no response carries anything older."""
        return all(
            self.status[text] == "Deployed"
            and self.carried[text, path] == {self.name(next(iter(self.at((text, path)).values()), None))}
            for text, path in self.wanted & self.ours.keys()
        )

    def name(self, number: int | None) -> str | None:
        return None if number is None else f"{self.function}:{number}"

    def enforced_at(self, slot: Slot) -> set[str | None]:
        """The policies that our triggers on a behavior enforce."""
        return {self._enforced(number) for number in self.at(slot).values()}

    def _enforced(self, number: int) -> str | None:
        found = self.versions.get(number)
        return None if found is None else found.enforced

    @property
    def withdrawn(self) -> set[int]:
        return {int(name.removeprefix(WITHDRAWN)) for name in self.tags if name.startswith(WITHDRAWN)}

    @property
    def foreign_slots(self) -> set[Slot]:
        """Wanted behaviors whose wanted event another function has."""
        return {
            (text, path)
            for text, path in self.wanted
            if (arn := self.triggers[text][path].get(self.event)) and arn.rpartition(":")[0] != self.function
        }

    def observing(self, slot: Slot) -> str | None:
        """The one report-only policy that every response of a behavior carries."""
        found = {self._observed(text) for text in self.carried.get(slot, frozenset())}
        return next(iter(found)) if len(found) == 1 else None

    def _observed(self, version: str | None) -> str | None:
        name, _, number = (version or "").rpartition(":")
        found = self.versions.get(int(number)) if name == self.function else None
        return None if found is None else found.report_only


def _without(config: Mapping[str, Any], function: str) -> Any:
    """A configuration without the triggers of a function."""
    rest = copy.deepcopy(dict(config))
    for behavior in [*rest["CacheBehaviors"].get("Items", []), rest["DefaultCacheBehavior"]]:
        found = behavior.pop("LambdaFunctionAssociations", {}).get("Items", [])
        behavior["others"] = sorted(
            (item["EventType"], item["LambdaFunctionARN"])
            for item in found
            if f":function:{function}:" not in item["LambdaFunctionARN"]
        )
    return rest


def _function(ground: Ground, function: str) -> tuple[dict[int, Version], dict[str, str]]:
    functions = ground.functions
    try:
        found = functions.get_function(FunctionName=function)
    except functions.exceptions.ResourceNotFoundException:
        return {}, {}
    listed = functions.list_versions_by_function(FunctionName=function)["Versions"]
    versions = [Version.of(item) for item in listed if item["Version"] != "$LATEST"]
    return {version.number: version for version in versions}, found.get("Tags", {})
