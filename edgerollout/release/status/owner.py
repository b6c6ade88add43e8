"""Which other tool manages a resource, according to its tags: its next deployment may undo ours. Pure.

Only CloudFormation writes tags with the reserved prefix `aws:`, so these are certain. All other tags are
conventions: they count only where they name a tool, and messages show the tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.policy.severity import Severity
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.delivery.terraform import OWNERS
from edgerollout.release.facts.finding import Finding
from edgerollout.release.facts.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from edgerollout.advice import Advice
    from edgerollout.release.facts.environment import Environment
    from edgerollout.release.facts.snapshot import Distribution, Function, Snapshot

_STACK = "aws:cloudformation:stack-name"
_LOGICAL_ID = "aws:cloudformation:logical-id"

_MANAGED_BY = frozenset({"managedby", "provisionedby", "provisioner", "createdby", "deployedby", "iac"})
"""Keys, in lower case and without separators, whose value may name a tool."""

_TOOLS = {
    "terraform": "Terraform",
    "terragrunt": "Terraform",
    "opentofu": "OpenTofu",
    "tofu": "OpenTofu",
    "pulumi": "Pulumi",
    "cloudformation": "CloudFormation",
    "cdk": "CDK",
    "awscdk": "CDK",
    "awssam": "SAM",
    "serverless": "Serverless Framework",
    "serverlessframework": "Serverless Framework",
    "sst": "SST",
    "crossplane": "Crossplane",
}
"""Names of tools in values, in lower case and without separators. (`sam` is missing: it is probably a
person.)
"""

_KEYS = frozenset({"terraform", "terragrunt", "opentofu", "pulumi", "cloudformation", "crossplane"})
"""The tools that people name in a key: `Terraform=true`."""

_OWN_KEYS = (
    ("pulumi:stack", "Pulumi", "stack"),
    ("pulumi:project", "Pulumi", "project"),
    ("sst:app", "SST", "app"),
    ("crossplane-name", "Crossplane", "resource"),
)
"""(key, tool, the kind of thing that its value names), the most specific key first."""


_NO = frozenset({"", "false", "no", "0", "off", "none"})
_YES = frozenset({"true", "yes", "1", "on"})
MOST_TAGGED = 20
"""The most distributions whose tags are read, one call each. With more, their owners stay unknown."""

_MOST = 5
"""The most distributions that one finding lists; the rest are counted."""


@dataclass(frozen=True)
class Owner:
    """A tool that manages a resource. `name` is the tool's own name for it (a stack, for example), `evidence`
    the tag.
    """

    tool: str
    name: str | None
    evidence: str

    @property
    def is_terraform(self) -> bool:
        """Whether it is Terraform, or a tool that reads the same files."""
        return self.tool in OWNERS

    def __str__(self) -> str:
        return self.tool if self.name is None else f"{self.tool} {self.name}"


def owner_of(tags: Mapping[str, str]) -> Owner | None:
    """The tool that manages a resource with these tags; None where no tag names one.

    Tags written by AWS come first, then a tool's own keys, then conventions such as `ManagedBy`.
    """
    return _stack(tags) or _own_key(tags) or _convention(tags)


def known_owner(tags: Mapping[str, str] | Unreadable | None) -> Owner | None:
    """The owner; None, too, where the tags could not be read, or were not requested."""
    return None if tags is None or isinstance(tags, Unreadable) else owner_of(tags)


def function_warning(name: str, owner: Owner) -> str:
    """A sentence about the effect of another tool that manages our function."""
    return (
        f"function {name} is managed by {owner}: its next deployment may put its own code and settings into"
        " $LATEST (releases keep theirs)"
    )


def distributions_warning(names: Iterable[str], owner: Owner) -> str:
    """A sentence about the effect of another tool that manages these distributions."""
    listed = tuple(names)
    shown = ", ".join(listed[:_MOST]) + (f" and {len(listed) - _MOST} more" if len(listed) > _MOST else "")
    verb = "is" if len(listed) == 1 else "are"
    return f"{shown} {verb} managed by {owner}: its next deployment may take the release off again"


def remedy(owner: Owner, environment: str, *, partly: bool = False) -> Advice:
    """What to do about a distribution that another tool manages, too; `partly`: that tool reset only some
    behaviors.
    """
    look = advise(
        "`",
        CommandLine("status", environment, "--detailed-exitcode"),
        "` after each of its deployments shows",
    )
    match owner.tool:
        case "Terraform" | "OpenTofu":
            ignore = "lifecycle { ignore_changes = [default_cache_behavior, ordered_cache_behavior] }"
            numbered = (
                " With entries such as ordered_cache_behavior[0] it still manages the other behaviors."
                if partly
                else ""
            )
            return advise(
                f"Make it leave the behaviors alone: {ignore} on the distribution, but then it ignores every"
                f" other change of the behaviors, too.{numbered} Or let it own them: triggers ="
                f' "terraform" under environments.{environment}. ',
                look,
                " whether it did.",
            )
        case "Pulumi":
            ignore = 'ignoreChanges: ["defaultCacheBehavior", "orderedCacheBehaviors"]'
            return advise(
                f"Make it leave the behaviors alone: {ignore} on the distribution. ", look, " whether it did."
            )
        case _:
            return advise(look, " what it undid; publishing again repairs that.")


def check_owners(
    snapshot: Snapshot, swapped: Collection[str], environment: Environment, *, publishes: bool
) -> Iterator[Finding]:
    """A warning for each tool that manages something that is about to change (`swapped`: ids of
    distributions).

    There is no warning about a tool that owns the triggers by agreement.
    """
    agreed = carrier_of(environment).agreed
    function = snapshot.function
    if publishes and function is not None:
        yield from _check_function(function, agreed)
    owned: dict[Owner, list[Distribution]] = {}
    for distribution in snapshot.distributions:
        owner = known_owner(snapshot.tags.get(distribution.id))
        if owner is not None and owner.tool not in agreed and distribution.id in swapped:
            owned.setdefault(owner, []).append(distribution)
    for owner, distributions in owned.items():
        yield Finding(
            Severity.WARNING,
            "managed-elsewhere",
            f"{distributions_warning((distribution.name for distribution in distributions), owner)}"
            f" (tag {owner.evidence})",
            remedy(owner, environment.name),
            distributions[0].id if len(distributions) == 1 else None,
        )


def _check_function(function: Function, agreed: frozenset[str]) -> Iterator[Finding]:
    owner = known_owner(function.tags)
    if owner is not None and owner.tool not in agreed:
        yield Finding(
            Severity.WARNING,
            "managed-elsewhere",
            f"{function_warning(function.name, owner)} (tag {owner.evidence})",
            "Let only one of the two manage it: give edgerollout a function of its own under function.name.",
        )


def _stack(tags: Mapping[str, str]) -> Owner | None:
    stack = tags.get(_STACK)
    if stack is None:
        logical = tags.get(_LOGICAL_ID)
        return None if logical is None else Owner("CloudFormation", None, _quoted(_LOGICAL_ID, logical))
    tool = "CloudFormation"
    if tags.get("lambda:createdBy") == "SAM":
        tool = "SAM"
    elif any(key.startswith("aws-cdk:") for key in tags):
        tool = "CDK"
    elif "STAGE" in tags:
        # The Serverless Framework gives its stacks this tag, and their resources inherit it.
        tool = "Serverless Framework"
    return Owner(tool, f"stack {stack}", _quoted(_STACK, stack))


def _own_key(tags: Mapping[str, str]) -> Owner | None:
    for key, tool, kind in _OWN_KEYS:
        if tags.get(key):
            return Owner(tool, f"{kind} {tags[key]}", _quoted(key, tags[key]))
    if tags.get("lambda:createdBy") == "SAM":
        return Owner("SAM", None, _quoted("lambda:createdBy", "SAM"))
    found = next((tag for tag in sorted(tags) if tag.startswith("aws-cdk:")), None)
    return None if found is None else Owner("CDK", None, _quoted(found, tags[found]))


def _convention(tags: Mapping[str, str]) -> Owner | None:
    for key, value in sorted(tags.items()):
        plain, said = _plain(key), value.strip()
        if plain in _KEYS and said.lower() not in _NO:
            name = None if said.lower() in _YES or _plain(said) in _TOOLS else said
            return Owner(_TOOLS[plain], name, _quoted(key, value))
        tool = _tool_in(said) if plain in _MANAGED_BY else None
        if tool is not None:
            return Owner(tool, None, _quoted(key, value))
    return None


def _tool_in(said: str) -> str | None:
    """The tool in `Terraform`, `terraform-cloud`, `Terraform v1.9`; None in a team's name."""
    first = said.replace("/", " ").split()
    words = first[0].lower().split("-") if first else []
    return _TOOLS.get(_plain(said)) or (_TOOLS.get(words[0]) if words else None)


def _plain(text: str) -> str:
    return text.lower().replace("-", "").replace("_", "").replace(":", "").replace(" ", "")


def _quoted(key: str, value: str) -> str:
    return f"{key}={value}"
