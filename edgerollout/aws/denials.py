"""Reads AWS's access-denied messages: the action, the resource, the policy, and who can change it.

The sentence is that of the IAM User Guide, "Troubleshoot access denied error messages". Services leave
out parts of it, so all but the action may be missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SENTENCE = re.compile(
    r"(?:User: (?P<caller>\S+) is )?not authorized to perform: (?P<action>[a-z0-9-]+:[A-Za-z0-9]+\*?)"
    r"(?: on resource: (?P<resource>.+?))?"
    r"(?: because no (?P<lacking>[A-Za-z -]+?) allows the \S+ action"
    r"| with an explicit deny in an? (?P<denying>[A-Za-z -]+?)(?:: (?P<policy>arn:\S+))?)?"
    r"(?:[.;,]?\s*$|\. )",
    re.IGNORECASE,
)
_ARN = re.compile(r"arn:\S+")

# Whose it is, by the policy's kind in AWS's words.
_ORGANIZATION = {"service control policy", "resource control policy"}


@dataclass(frozen=True)
class Denial:
    """One action that is not allowed. `caller`, `resource` and `policy` are ARNs where AWS names them.

    `kind` is AWS's name for the kind of policy (`service control policy`); `explicit`: it denies,
    instead of only not allowing.
    """

    action: str
    caller: str | None = None
    resource: str | None = None
    kind: str | None = None
    explicit: bool = False
    policy: str | None = None

    @property
    def advice(self) -> str:
        """Who has to do what."""
        on = "" if self.resource is None else f" on {self.resource}"
        what = f"{self.action}{on}"
        who = "the caller" if self.caller is None else _short(self.caller)
        named = "" if self.policy is None else f" ({self.policy})"
        verb = "denies" if self.explicit else "does not allow"
        match self.kind:
            case kind if kind in _ORGANIZATION:
                whose = f"a {kind} of the organization{named}"
                return f"{whose} {verb} {what}: whoever manages the organization must change it"
            case "permissions boundary":
                return (
                    f"the permissions boundary of {who}{named} {verb} {what}: whoever set it must change it"
                )
            case "session policy":
                return (
                    f"the policy that the session of {who} was made with {verb} {what}: whoever makes the"
                    " session (the pipeline's role step, a broker) must change it"
                )
            case "vpc endpoint policy":
                whose = f"the VPC endpoint's policy{named}"
                return f"{whose} {verb} {what}: whoever manages the network must change it"
            case "role trust policy":
                return f"the trust policy of {self.resource or 'the role'} must let {who} assume it"
            case "resource-based policy":
                return f"the policy of {self.resource or 'the resource'} {verb} {self.action} to {who}"
            case _ if self.explicit:
                return f"a policy of {who}{named} denies {what}: whoever manages its policies must change it"
            case _:
                return f"{who} needs the permission {what}: whoever manages its policies must allow it"


def denial_of(message: str) -> Denial | None:
    """The content of an access-denied message; None for other messages."""
    found = _SENTENCE.search(message)
    if found is None:
        return None
    resource = found["resource"]
    arn = None if resource is None else _ARN.search(resource)
    kind = found["lacking"] or found["denying"]
    return Denial(
        action=found["action"],
        caller=found["caller"],
        resource=resource if arn is None else arn[0].rstrip(".,;"),
        kind=None if kind is None else kind.lower(),
        explicit=found["denying"] is not None,
        policy=found["policy"],
    )


def _short(caller: str) -> str:
    """A caller in words: `role deployer`, `user me`; its ARN for anything else."""
    kind, _, name = caller.split(":", 5)[-1].partition("/")
    match kind:
        case "assumed-role":
            return f"role {name.partition('/')[0]}"
        case "user" | "role":
            return f"{kind} {name.rpartition('/')[2]}"
        case _:
            return caller
