"""A project folder, an AWS account of its own in the sandbox, and the real command line as a process."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from tests.command_line import start
from tests.exits import check_exit
from tests.json_output import parsed, parsed_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgerollout.emulator.server import RunningServer
    from tests.command_line import Command

REPOSITORY = Path(__file__).parents[2]
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
READS = ("Get", "List", "Describe", "Simulate")

POLICY = """\
[headers]
x-content-type-options = "nosniff"
referrer-policy = "no-referrer"

[csp]
default-src = ["'self'"]
"""
WIDER_POLICY = POLICY + 'img-src = ["\'self\'", "data:"]\n'


def own_words(said: str) -> str:
    """What a command says for itself: not that this machine cannot confine a handler."""
    return re.sub(r"^note: the handler can read your files.*\r?\n", "", said, flags=re.MULTILINE)


@contextmanager
def otherwise(
    server: RunningServer, quotas: Mapping[str, int] | None = None, **windows: float
) -> Iterator[None]:
    """AWS takes this long, and has these quotas, for what begins inside."""
    before = server.plane.settings
    server.plane.settings = replace(
        before, windows=replace(before.windows, **windows), quotas=replace(before.quotas, **(quotas or {}))
    )
    try:
        yield
    finally:
        server.plane.settings = before


@dataclass(frozen=True)
class Result:
    """How a command ended: its exit code and everything it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout as one JSON document, checked against its schema."""
        return parsed(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        """stdout as JSON Lines, checked against their schema."""
        return parsed_lines(self.out)

    @property
    def outcome(self) -> dict[str, Any]:
        return self.events[-1]


@functools.cache
def _sdk() -> botocore.session.Session:
    """One session: loading CloudFront's model is most of what a client costs."""
    return botocore.session.Session()


@dataclass
class Project:
    """A folder with config/ and handler/, and its account. Its names are of that account alone."""

    folder: Path
    account: str
    server: RunningServer
    extra: dict[str, str] = field(default_factory=dict)
    """Environment variables of every command, over the isolated ones."""

    def __post_init__(self) -> None:
        self.alias = f"site-{self.account}.example.com"
        self.function = f"headers-{self.account}"
        self.policy(POLICY)
        self.configure()
        shutil.copytree(REPOSITORY / "handler" / "python", self.folder / "handler" / "python")

    # --- the project's files -------------------------------------------------------------------------

    def configure(
        self,
        *,
        environments: Mapping[str, str] | None = None,
        event: str = "origin-response",
        urls: tuple[str, ...] = (),
        top: str = 'default = "testing"\n',
        function: str = "",
    ) -> None:
        """Write edgerollout.toml; `environments` maps a name to the lines of its table."""
        if environments is None:
            environments = {"testing": f"urls = {json.dumps(list(urls))}\n" if urls else ""}
        text = top + (
            f'[function]\nname = "{self.function}"\nruntime = "python3.13"\nhandler = "handler/python"\n'
            f'role = "role-{self.account}"\nevent = "{event}"\n{function}\n'
        )
        for name, lines in environments.items():
            text += f"[environments.{name}]\n"
            if "account =" not in lines:
                text += f'account = "{self.account}"\n'
            if "distributions =" not in lines:
                text += f'distributions = [{{ alias = "{self.alias}" }}]\n'
            text += lines + "\n"
        self.write("config/edgerollout.toml", text)

    def policy(self, text: str) -> None:
        """Write policy.toml."""
        self.write("config/policy.toml", text)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    # --- the account -----------------------------------------------------------------------------------

    def client(self, service: str, token: str | None = None) -> Any:
        """A client of the account's; `token`: its session's."""
        return _sdk().create_client(
            service,
            endpoint_url=self.server.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=f"AKIA{self.account}",
            aws_secret_access_key=self.server.secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}),
        )

    @functools.cached_property
    def cloudfront(self) -> Any:
        return self.client("cloudfront")

    @functools.cached_property
    def functions(self) -> Any:
        return self.client("lambda")

    def distribution(
        self, alias: str | None = None, paths: tuple[str, ...] = ("/api/*",), **more: Any
    ) -> str:
        """Create a distribution with these behaviors beside the default one; its id."""
        behaviors = [self.behavior(path) for path in paths]
        made = self.cloudfront.create_distribution(
            DistributionConfig={
                "CallerReference": alias or self.alias,
                "Comment": "",
                "Enabled": True,
                "Aliases": {"Quantity": 1, "Items": [alias or self.alias]},
                "Origins": {
                    "Quantity": 1,
                    "Items": [
                        {
                            "Id": "bucket",
                            "DomainName": "bucket.s3.us-east-1.amazonaws.com",
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        }
                    ],
                },
                "DefaultCacheBehavior": self.behavior(),
                "CacheBehaviors": {"Quantity": len(behaviors), "Items": behaviors},
                **more,
            }
        )
        return str(made["Distribution"]["Id"])

    @staticmethod
    def behavior(path: str | None = None, **more: Any) -> dict[str, Any]:
        made = {
            "TargetOriginId": "bucket",
            "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": CACHING_OPTIMIZED,
            **more,
        }
        return made if path is None else {"PathPattern": path, **made}

    def change(self, distribution: str, default_behavior: Mapping[str, Any]) -> None:
        """Change a distribution's default behavior, as a colleague would."""
        found = self.cloudfront.get_distribution_config(Id=distribution)
        config = found["DistributionConfig"]
        config["DefaultCacheBehavior"].update(default_behavior)
        self.cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)

    def move(self, distribution: str, arn: str) -> None:
        """Have this version on every behavior at origin-response, as a colleague would by hand."""
        found = self.cloudfront.get_distribution_config(Id=distribution)
        config = found["DistributionConfig"]
        trigger = {"LambdaFunctionARN": arn, "EventType": "origin-response"}
        for behavior in (config["DefaultCacheBehavior"], *config["CacheBehaviors"].get("Items", [])):
            behavior["LambdaFunctionAssociations"] = {"Quantity": 1, "Items": [trigger]}
        self.cloudfront.update_distribution(Id=distribution, IfMatch=found["ETag"], DistributionConfig=config)

    def triggers(self, distribution: str) -> dict[str, dict[str, str]]:
        """Path → event → ARN after `function:`, as CloudFront's document has them."""
        config = self.cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]
        behaviors = [*config["CacheBehaviors"].get("Items", []), config["DefaultCacheBehavior"]]
        return {
            behavior.get("PathPattern", "*"): {
                trigger["EventType"]: trigger["LambdaFunctionARN"].rpartition(":function:")[2]
                for trigger in behavior["LambdaFunctionAssociations"].get("Items", [])
            }
            for behavior in behaviors
        }

    def everywhere(self, distribution: str) -> set[str]:
        """What runs on the behaviors of a distribution: `event:version` each."""
        return {
            f"{event}:{name.rpartition(':')[2]}"
            for behavior in self.triggers(distribution).values()
            for event, name in behavior.items()
        }

    def versions(self) -> list[int]:
        """The function's numbered versions."""
        found = self.functions.list_versions_by_function(FunctionName=self.function)["Versions"]
        return [int(item["Version"]) for item in found if item["Version"] != "$LATEST"]

    def invalidations(self, distribution: str) -> list[str]:
        """The caller references of a distribution's invalidations, oldest first."""
        listed = self.cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"]
        return [
            self.cloudfront.get_invalidation(DistributionId=distribution, Id=item["Id"])["Invalidation"][
                "InvalidationBatch"
            ]["CallerReference"]
            for item in reversed(listed.get("Items", []))
        ]

    def create_function(self, name: str, **more: Any) -> str:
        """A function with one published version, made by somebody else; the version's ARN."""
        import io
        import zipfile

        role = f"role-{name}"
        iam = self.client("iam")
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("index.py", "def handler(event, context):\n    return None\n")
        made = self.functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=arn,
            Handler="index.handler",
            Code={"ZipFile": buffer.getvalue()},
            Publish=True,
            **more,
        )
        return f"arn:aws:lambda:us-east-1:{self.account}:function:{name}:{made['Version']}"

    # --- the command line ------------------------------------------------------------------------------

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a command: nothing of the user's own gets through."""
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": f"AKIA{self.account}",
            "AWS_SECRET_ACCESS_KEY": self.server.secret,
            "AWS_CONFIG_FILE": str(home / "aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "aws-credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            **self.extra,
        }

    def start(self, *arguments: str, endpoint: bool = True, **more: int) -> Command:
        """Start a command; its streams are pipes unless `more` says otherwise."""
        where = ("--endpoint-url", self.server.endpoint_url) if endpoint else ()
        return start(*where, *arguments, cwd=self.folder, env=self.variables, **more)

    def run(self, *arguments: str, endpoint: bool = True, timeout: float = 300.0) -> Result:
        """Run a command to its end, without a terminal."""
        process = self.start(*arguments, endpoint=endpoint)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"still running after {timeout} s\n{out}\n{err}") from None
        assert "Traceback" not in err, err
        code = process.wait()
        check_exit(arguments, code)
        return Result(code, out, own_words(err))

    def published(self, *arguments: str) -> Result:
        """Publish to testing, the function made where missing, and see that it worked."""
        result = self.run("publish", "-e", "testing", "--create", "--yes", *arguments)
        assert result.code == 0, result.err
        return result

    def publish_here(self) -> None:
        """The same within this process: where it is not the subject, a new interpreter costs too much."""
        from typer.testing import CliRunner

        from edgerollout.cli.app import app

        words = ("publish", "-e", "testing", "--create", "--yes", "-C", str(self.folder / "config"))
        where = ("--endpoint-url", self.server.endpoint_url)
        result = CliRunner().invoke(app, [*words, *where], env=self.variables)
        assert result.exit_code == 0, result.output

    # --- what was called ---------------------------------------------------------------------------------

    def forget_calls(self) -> None:
        self.server.calls.clear()

    def calls(self) -> dict[str, int]:
        """`service:Operation` → number of calls in this project's account."""
        counts: dict[str, int] = {}
        for call in self.server.calls.calls():
            if call.account == self.account:
                name = f"{call.service}:{call.operation}"
                counts[name] = counts.get(name, 0) + 1
        return counts

    def writes(self) -> dict[str, int]:
        """The calls that change something."""
        return {
            name: count
            for name, count in self.calls().items()
            if not name.partition(":")[2].startswith(READS)
        }
