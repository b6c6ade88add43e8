"""Three environments on a sandbox of their own, and the real command line: a team's whole estate."""

from __future__ import annotations

import functools
import io
import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import botocore.session

from edgerollout.config import load
from edgerollout.release.facts.evidence import SANDBOX
from edgerollout.release.facts.fields import Fields, parse_json
from edgerollout.release.facts.release import Release
from edgerollout.sandbox.client import SandboxClient
from edgerollout.sandbox.daemon import find
from tests.command_line import start
from tests.fakes.evidence import clean
from tests.json_output import parsed

if TYPE_CHECKING:
    from edgerollout.policy.csp import LayeredCsp

REPOSITORY = Path(__file__).parents[2]
ACCOUNT = "123456789012"
ENVIRONMENTS = ("testing", "staging", "production")
HOSTS = {"testing": "testing.example.com", "staging": "staging.example.com", "production": "www.example.com"}
READS = ("Get", "List", "Describe", "Simulate")

FUNCTION = """\
[function]
name    = "security-headers-{environment}"
runtime = "python3.13"
handler = "handler/python"
role    = "edgerollout-{environment}"
"""

SETTINGS = (
    FUNCTION
    + """
[environments.testing]
account       = "123456789012"
distributions = [{ alias = "testing.example.com" }]
urls          = ["https://testing.example.com/"]

[environments.staging]
account       = "123456789012"
distributions = [{ alias = "staging.example.com" }]
urls          = ["https://staging.example.com/"]
after         = "testing"

[environments.production]
account       = "123456789012"
distributions = [{ alias = "www.example.com" }, { alias = "assets.example.com" }]
urls          = ["https://www.example.com/"]
after         = "staging"
confirm       = true
gates         = { soak = "SOAK" }
"""
)

BY_HAND = """\
def handler(event, context):
    response = event["Records"][0]["cf"]["response"]
    response["headers"]["content-security-policy"] = [
        {"key": "Content-Security-Policy", "value": "default-src 'self' https: 'unsafe-inline'"}
    ]
    return response
"""


@dataclass(frozen=True)
class Result:
    """How a command ended: its exit code and everything it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return parsed(self.out)


@functools.cache
def _sdk() -> botocore.session.Session:
    return botocore.session.Session()


class Estate:
    """A project folder and its sandbox. AWS takes no time, a replica lasts until time is moved on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.extra: dict[str, str] = {}
        """Environment variables of every command, over the isolated ones."""
        copytree(REPOSITORY / "handler" / "python", folder / "handler" / "python")
        (folder / "config").mkdir()
        self.soak("1h")
        (folder / "home").mkdir()

    def start(self) -> None:
        """Bring the sandbox up. The policy must be written before."""
        up = (
            "sandbox",
            "up",
            "--deploy-seconds",
            "0",
            "--invalidation-seconds",
            "0",
            "--function-seconds",
            "0",
        )
        assert self.run(*up).code == 0
        address = find(load(self.folder / "config"))
        assert address is not None
        self.aws = SandboxClient(address.endpoint_url, address.secret)
        self._secret = address.secret
        self._endpoint_url = address.endpoint_url
        self._clients: dict[str, Any] = {}

    def stop(self) -> None:
        self.run("sandbox", "down")

    # --- commands ----------------------------------------------------------------------------------------

    def run(self, *arguments: str) -> Result:
        """Run a command as a pipeline does."""
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "LANG": "C.UTF-8"}
        process = start(*arguments, cwd=self.folder, env=variables | self.extra)
        out, err = process.communicate(timeout=300)
        assert "Traceback" not in err, err
        return Result(process.wait(), out, err)

    def done(self, command: str, environment: str, *more: str) -> Result:
        """Run an acting command to its good end."""
        result = self.run("--sandbox", command, "-e", environment, "--yes", *more)
        assert result.code == 0, result.err
        return result

    def refused(self, command: str, environment: str, *more: str, code: int = 6) -> str:
        """Run a command that is refused, and see that it wrote nothing; what it said."""
        self.aws.clear_calls()
        result = self.run("--sandbox", command, "-e", environment, "--yes", *more)
        assert result.code == code, (result.code, result.err)
        writes = [call.operation for call in self.aws.calls() if not call.operation.startswith(READS)]
        assert writes == []
        return result.err

    def nothing_to_do(self, command: str, environment: str, *more: str) -> str:
        """Run a command that ends well and writes nothing; what it said."""
        return self.refused(command, environment, *more, code=0)

    def enforced(self, environment: str, *more: str) -> Result:
        """Enforce what is observed. The sample site would break under these policies, which a browser would
        see afterwards: that look has tests of its own."""
        return self.done("promote", environment, "--enforce", "--no-verify", *more)

    def status(self, environment: str) -> Any:
        result = self.run("--sandbox", "status", "-e", environment, "-o", "json")
        assert result.code == 0, result.err
        return result.document

    def history(self, environment: str) -> Any:
        result = self.run("--sandbox", "history", "-e", environment, "-o", "json")
        assert result.code == 0, result.err
        return result.document["releases"]

    # --- files -------------------------------------------------------------------------------------------

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def soak(self, time: str) -> None:
        """Write edgerollout.toml, with the time for which production observes a policy."""
        self.write("config/edgerollout.toml", SETTINGS.replace("SOAK", time))

    def policy(self, *scripts: str, images: bool = True) -> None:
        """Write policy.toml: script sources besides 'self', data: images or not."""
        sources = ", ".join(f'"{script}"' for script in ("'self'", *scripts))
        images_line = 'img-src = ["\'self\'", "data:"]\n' if images else ""
        text = (
            '[headers]\nx-content-type-options = "nosniff"\nstrict-transport-security = "max-age=300"\n\n'
            f"[csp]\ndefault-src = [\"'self'\"]\nscript-src = [{sources}]\nobject-src = [\"'none'\"]\n"
            f'base-uri = ["\'self\'"]\n{images_line}report-uri = ["https://reports.example.com/csp"]\n\n'
        )
        for name in ENVIRONMENTS:
            text += f'[environments.{name}.csp]\nconnect-src = ["https://api.{name}.example.com"]\n'
        (self.folder / "config" / "policy.toml").write_text(text, encoding="utf-8")

    def toured(self, environment: str, **changes: Any) -> None:
        """Leave the evidence that a clean tour of the environment would have left just now."""
        distributions = self._distributions(environment)
        number = self._attached(distributions[0])
        release = self._release(environment, number)
        policy = release.report_only
        assert policy is not None
        content = clean(
            policy,
            (f"https://{HOSTS[environment]}/",),
            **{
                "environment": environment,
                "account": ACCOUNT,
                "distributions": distributions,
                "endpoint": SANDBOX,
                "release": number,
                **changes,
            },
        )
        file = self.folder / ".edgerollout" / "evidence" / f"{environment}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    # --- AWS ---------------------------------------------------------------------------------------------

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = _sdk().create_client(
                service,
                endpoint_url=self._endpoint_url,
                region_name="us-east-1",
                aws_access_key_id=f"AKIA{ACCOUNT}",
                aws_secret_access_key=self._secret,
            )
        return self._clients[service]

    def live(self, environment: str) -> Release:
        """What the live release carries, read from its code."""
        return self._release(environment, self._attached(self._distributions(environment)[0]))

    def _distributions(self, environment: str) -> tuple[str, ...]:
        """The ids of an environment's distributions, in the order of its configuration."""
        found = self.client("cloudfront").list_distributions()["DistributionList"].get("Items", ())
        ids = {alias: item["Id"] for item in found for alias in item["Aliases"].get("Items", ())}
        settings = load(self.folder / "config").environments[environment]
        return tuple(ids[str(distribution.alias)] for distribution in settings.distributions)

    def _attached(self, distribution: str) -> int:
        """The version on a distribution's default behavior."""
        found = self.client("cloudfront").get_distribution_config(Id=distribution)["DistributionConfig"]
        (trigger,) = found["DefaultCacheBehavior"]["LambdaFunctionAssociations"]["Items"]
        return int(trigger["LambdaFunctionARN"].rpartition(":")[2])

    def _release(self, environment: str, number: int) -> Release:
        from urllib.request import urlopen

        name = f"security-headers-{environment}"
        where = self.client("lambda").get_function(FunctionName=name, Qualifier=str(number))["Code"][
            "Location"
        ]
        with urlopen(where) as answer, zipfile.ZipFile(io.BytesIO(answer.read())) as bundle:
            return Release.from_json(Fields(parse_json(bundle.read("release.json")), "release.json"))

    def versions(self, environment: str) -> list[int]:
        found = self.client("lambda").list_versions_by_function(
            FunctionName=f"security-headers-{environment}"
        )
        return [int(version["Version"]) for version in found["Versions"] if version["Version"] != "$LATEST"]

    def attach_by_hand(self, environment: str) -> str:
        """What the team has today: a function made in the console, on every behavior; its version's ARN."""
        iam, functions, cloudfront = (self.client(name) for name in ("iam", "lambda", "cloudfront"))
        principals = ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": principals}, "Action": "sts:AssumeRole"}
            ],
        }
        role = iam.create_role(RoleName="by-hand", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            entry = zipfile.ZipInfo("index.py")
            entry.external_attr = 0o100644 << 16  # Lambda runs as another user
            archive.writestr(entry, BY_HAND)
        version = functions.create_function(
            FunctionName="by-hand",
            Runtime="python3.13",
            Role=role,
            Handler="index.handler",
            Code={"ZipFile": code.getvalue()},
            Publish=True,
        )["Version"]
        arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:by-hand:{version}"
        identity = self.status(environment)["distributions"][0]["id"]
        found = cloudfront.get_distribution_config(Id=identity)
        config = found["DistributionConfig"]
        for behavior in (config["DefaultCacheBehavior"], *config["CacheBehaviors"].get("Items", [])):
            behavior["LambdaFunctionAssociations"] = {
                "Quantity": 1,
                "Items": [{"EventType": "origin-response", "LambdaFunctionARN": arn, "IncludeBody": False}],
            }
        cloudfront.update_distribution(Id=identity, IfMatch=found["ETag"], DistributionConfig=config)
        return arn


def digests(policy: LayeredCsp) -> str:
    """The digest by which a status names a policy."""
    return policy.digest[:16]
