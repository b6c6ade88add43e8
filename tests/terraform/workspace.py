"""A team's project on a sandbox, its generated Terraform, and the real terraform with the AWS provider."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.emulator.settings import Windows
from edgerollout.errors import EdgerolloutError
from tests.life.estate import ACCOUNT, FUNCTION, Estate
from tests.outside import LEFT_OUT, terraform
from tests.samples import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Mapping

SIMPLE_CORS = "60669652-455b-4ae9-85a4-c4c02393f86c"
"""AWS's own policy of that name, by its id."""
ORIGIN_SECRET = "b7e1f0c2-never-shown-9a44d65c"
"""What the sandbox's distributions send to their API: nothing that is written may have it."""

SETTINGS = (
    FUNCTION
    + """
[environments.testing]
account       = "123456789012"
distributions = [{ alias = "testing.example.com" }]
urls          = ["https://testing.example.com/"]
triggers      = "terraform"
tfvars        = "terraform/apply/testing/edgerollout.auto.tfvars.json"

[environments.staging]
account       = "123456789012"
distributions = [{ alias = "staging.example.com" }]
urls          = ["https://staging.example.com/"]

[environments.changing]
account       = "123456789012"
distributions = [{ alias = "changing.example.com" }]
triggers      = "terraform"
tfvars        = "changing/apply/changing/edgerollout.auto.tfvars.json"

[environments.production]
account       = "123456789012"
distributions = [{ alias = "www.example.com" }]
"""
)

APART = (
    FUNCTION
    + """
[environments.production]
account       = "123456789012"
distributions = [{ alias = "new.example.com" }]

[environments.odd]
account       = "123456789012"
distributions = [{ alias = "odd.example.com" }]
deliver       = "response-headers-policy"
"""
)
"""Apart, since the sandbox makes the distributions of the configuration that it is started with."""

FOLDERS = {
    "testing": "terraform",
    "staging": "hands-off",
    "production": "new",
    "odd": "odd",
    "changing": "changing",
}
"""Where the files of an environment are: owners of triggers do not share modules."""

_PARENTS = ("~/.terraform.d", "/usr/local/share/terraform", "/usr/share/terraform", "/opt")
"""Mirrors are folders in these."""
_PROVIDER = "registry.terraform.io/hashicorp/aws"


def mirror() -> Path:
    """A filesystem mirror with the AWS provider (`EDGEROLLOUT_TEST_TF_MIRROR` names another); else skips."""
    named = os.environ.get("EDGEROLLOUT_TEST_TF_MIRROR")
    parents = (Path(parent).expanduser() for parent in _PARENTS)
    found = (folder for parent in parents for folder in sorted(parent.glob("*/")))
    for folder in (Path(named),) if named else found:
        if (folder / _PROVIDER).is_dir():
            return folder
    pytest.skip(f"{LEFT_OUT}no mirror with Terraform's AWS provider (EDGEROLLOUT_TEST_TF_MIRROR)")


class Provider:
    """The AWS provider as a process that every run of terraform in a folder talks to.

    Each run would start it several times, which costs more than all that it does here.
    """

    def __init__(self, mirror: Path, place: Path, env: Mapping[str, str]) -> None:
        (program,) = (mirror / _PROVIDER).glob("*/*/terraform-provider-aws*")
        self._process = subprocess.Popen(
            (program, "-debug"),
            cwd=place,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        found = next((text for text in self._process.stdout if "TF_REATTACH_PROVIDERS=" in text), None)
        assert found is not None, "the provider did not say where it is"
        self.where = found.partition("=")[2].strip().strip("'")
        """For terraform's TF_REATTACH_PROVIDERS."""

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


class Workspace(Estate):
    """`testing` has triggers of Terraform's, `staging` of edgerollout's, `production` is yet to be made."""

    def __init__(self, folder: Path) -> None:
        self._terraform, self._mirror = terraform(), mirror()
        self._providers: dict[Path, Provider] = {}
        super().__init__(folder)
        (folder / "config" / "edgerollout.toml").write_text(SETTINGS, encoding="utf-8")
        self.policy("https://cdn.example.com")
        apart = folder / "config-apart"
        apart.mkdir()
        (apart / "edgerollout.toml").write_text(APART, encoding="utf-8")
        (apart / "policy.toml").write_text("[csp]\ndefault-src = [\"'self'\"]\n", encoding="utf-8")
        rc = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{self._mirror}"\n  }}\n}}\n'
        (folder / "terraform.rc").write_text(rc, encoding="utf-8")

    def start(self) -> None:
        """Bring the sandbox up; replicas are gone a few seconds after a version's last use."""
        super().start()
        keys = self.folder / "home" / ".aws" / "credentials"
        keys.parent.mkdir(exist_ok=True)
        keys.write_text(
            f"[default]\naws_access_key_id = AKIA{ACCOUNT}\naws_secret_access_key = {self._secret}\n"
        )
        self.replicas_last(3)

    def stop(self) -> None:
        self.stop_providers()
        super().stop()

    def stop_providers(self) -> None:
        """Each holds some hundred megabytes."""
        while self._providers:
            self._providers.popitem()[1].stop()

    def replicas_last(self, seconds: float) -> None:
        """How long a version's replicas stay after its last use; whatever else AWS does takes no time."""
        self.aws.set_windows(
            Windows(
                deploy_seconds=0,
                invalidation_seconds=0,
                function_seconds=0,
                role_seconds=0,
                replica_seconds=seconds,
            )
        )

    def generate(self, environment: str, *more: str) -> Any:
        """Write the environment's folder; the report."""
        words = ("terraform", FOLDERS[environment], "-e", environment, "-o", "json", *more)
        result = self.run(*words)
        assert result.code == 0, result.err
        return result.document

    @property
    def endpoint(self) -> tuple[str, str]:
        """The option that has a command read the sandbox as it is: `--sandbox` makes what it has not."""
        return ("--endpoint-url", self._endpoint_url)

    def place(self, environment: str) -> Path:
        return self.folder / FOLDERS[environment] / "apply" / environment

    def terraform(
        self,
        environment: str,
        *arguments: str,
        code: int = 0,
        variables: Mapping[str, str] | None = None,
        place: Path | None = None,
    ) -> str:
        """Run terraform in the environment's folder, or in `place`, to the exit code; what it said."""
        place = place or self.place(environment)
        for attempt in ("first", "second"):
            try:
                done = self._terraform_once(place, environment, arguments, variables or {})
            except subprocess.TimeoutExpired as hung:
                # Seen in one of a hundred runs, on a busy machine: killed and run again it goes on.
                told = f"{hung.stdout!r} {self._sandbox_says()}"
                print(f"terraform {arguments[0]} hung, {attempt} try: {told}")  # noqa: T201 - pytest shows it
                continue
            if code == done.returncode or "PreconditionFailed" not in done.stderr:
                break
            # Seen once, with ten processes for two cores: the provider sent an update twice, and was refused.
            print(f"terraform {arguments[0]}, {attempt} try: {self._sandbox_says()}")  # noqa: T201
        else:
            pytest.fail(f"terraform {arguments[0]} hung or was refused twice")
        assert done.returncode == code, done.stdout + done.stderr + self._sandbox_says()
        return done.stdout + done.stderr

    def _sandbox_says(self) -> str:
        """The last calls and the log, for whoever reads of a failure."""
        try:
            known = self.aws.calls()[-40:]
        except EdgerolloutError as error:
            return f"the sandbox does not answer: {error}"
        calls = "".join(f"{call.time} {call.operation} {call.status} {call.error}\n" for call in known)
        return calls + (self.folder / ".edgerollout" / "sandbox" / "log").read_text(encoding="utf-8")

    def _terraform_once(
        self, place: Path, environment: str, arguments: tuple[str, ...], variables: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        plain = () if arguments[0] == "fmt" else ("-no-color",)
        # What is installed is for `init` to find out, without a provider that runs already.
        if THOROUGH or arguments[0] in ("init", "fmt"):
            attached = {}
        else:
            if place not in self._providers:
                self._providers[place] = Provider(self._mirror, place, self._environment)
            attached = {"TF_REATTACH_PROVIDERS": self._providers[place].where}
        return subprocess.run(
            (self._terraform, f"-chdir={place}", *arguments, *plain),
            env={
                **self._environment,
                **attached,
                f"TF_VAR_{environment}_example_com_backend_x_origin_verify": ORIGIN_SECRET,
                **{f"TF_VAR_{name}": value for name, value in variables.items()},
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            # No measure of anything: a run that takes ten seconds here may take ten times that elsewhere.
            timeout=1200,
            check=False,
        )

    @property
    def _environment(self) -> dict[str, str]:
        """Of terraform and its provider."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder / "home"),
            "TF_CLI_CONFIG_FILE": str(self.folder / "terraform.rc"),
            "TF_IN_AUTOMATION": "1",
            "CHECKPOINT_DISABLE": "1",
            "AWS_ENDPOINT_URL": self._endpoint_url,
            "AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}",
            "AWS_SECRET_ACCESS_KEY": self._secret,
            "AWS_EC2_METADATA_DISABLED": "true",
            # Go's: a third of a run was its garbage.
            "GOGC": "400",
        }

    def apply(self, environment: str, *options: str, place: Path | None = None, **variables: str) -> str:
        arguments = ("apply", "-auto-approve", "-input=false", *options)
        return self.terraform(environment, *arguments, variables=variables, place=place)

    def cloned(self, environment: str) -> Path:
        """The environment's folder on another machine: what is under version control, and the state."""
        there = self.folder / "elsewhere" / FOLDERS[environment]
        unversioned = shutil.ignore_patterns(".terraform", ".terraform.lock.hcl")
        shutil.copytree(self.folder / FOLDERS[environment], there, ignore=unversioned)
        return there / "apply" / environment

    def put_in_front(self, alias: str) -> None:
        """Somebody puts another distribution into `production`, as the first."""
        settings = self.folder / "config-apart" / "edgerollout.toml"
        settings.write_text(
            settings.read_text().replace(
                "distributions = [", f'distributions = [{{ alias = "{alias}" }}, ', 1
            )
        )

    def settings(self, before: str, after: str) -> None:
        """Edit edgerollout.toml."""
        file = self.folder / "config" / "edgerollout.toml"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")

    def boundary(self) -> str:
        """A policy that bounds roles, by its ARN."""
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        made = self.client("iam").create_policy(PolicyName="bounds", PolicyDocument=document)
        return str(made["Policy"]["Arn"])

    def tag_role(self, name: str, key: str, value: str) -> None:
        """Somebody tags a role."""
        self.client("iam").tag_role(RoleName=name, Tags=[{"Key": key, "Value": value}])

    def tags(self, alias: str) -> dict[str, str]:
        """A distribution's tags."""
        arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{self.distributions()[alias]}"
        found = self.client("cloudfront").list_tags_for_resource(Resource=arn)
        return {tag["Key"]: tag["Value"] for tag in found["Tags"].get("Items", ())}

    def policies(self, alias: str) -> set[str | None]:
        """The response headers policies on a distribution's behaviors, by their ids."""
        identity = self.distributions()[alias]
        config = self.client("cloudfront").get_distribution_config(Id=identity)["DistributionConfig"]
        behaviors = (config["DefaultCacheBehavior"], *config["CacheBehaviors"].get("Items", ()))
        return {behavior.get("ResponseHeadersPolicyId") for behavior in behaviors}

    def assert_nothing_to_change(self, environment: str, **variables: str) -> None:
        """A plan that finds the world as it is written."""
        said = self.terraform(environment, "plan", "-input=false", variables=variables)
        assert "No changes." in said, said

    def finish(self, environment: str) -> None:
        """`edgerollout wait`: Deployed, invalidated, and what visitors get is what the release says."""
        result = self.run("--sandbox", "wait", "-e", environment, "--yes")
        assert result.code == 0, result.out + result.err

    def without_origin_headers(self, alias: str) -> None:
        """Somebody takes the secret headers off a distribution."""
        cloudfront, identity = self.client("cloudfront"), self.distributions()[alias]
        found = cloudfront.get_distribution_config(Id=identity)
        for origin in found["DistributionConfig"]["Origins"]["Items"]:
            origin["CustomHeaders"] = {"Quantity": 0}
        cloudfront.update_distribution(
            Id=identity, IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"]
        )

    def disable(self, alias: str) -> None:
        """Somebody disables a distribution."""
        cloudfront, identity = self.client("cloudfront"), self.distributions()[alias]
        found = cloudfront.get_distribution_config(Id=identity)
        found["DistributionConfig"]["Enabled"] = False
        cloudfront.update_distribution(
            Id=identity, IfMatch=found["ETag"], DistributionConfig=found["DistributionConfig"]
        )

    def tag(self, alias: str, key: str, value: str) -> None:
        """Somebody tags a distribution."""
        arn = f"arn:aws:cloudfront::{ACCOUNT}:distribution/{self.distributions()[alias]}"
        self.client("cloudfront").tag_resource(Resource=arn, Tags={"Items": [{"Key": key, "Value": value}]})

    def ignore(self, behaviors: str) -> None:
        """Have the Terraform that leaves the triggers alone do so for these behaviors only."""
        main = self.folder / FOLDERS["staging"] / "modules" / "edgerollout_imported_distribution" / "main.tf"
        text = re.sub(r"ignore_changes = \[.*\]", f"ignore_changes = {behaviors}", main.read_text())
        main.write_text(text, encoding="utf-8")

    def make_odd_distribution(self) -> None:
        """By hand, with all that the sandbox's own distributions do not have."""
        bucket = {
            "Id": "bucket",
            "DomainName": "bucket.s3.us-east-1.amazonaws.com",
            "OriginPath": "/site",
            "S3OriginConfig": {"OriginAccessIdentity": "origin-access-identity/cloudfront/E127EXAMPLE51Z"},
            "OriginShield": {"Enabled": True, "OriginShieldRegion": "us-east-1"},
        }
        public = {
            "Id": "public",
            "DomainName": "public.s3.us-east-1.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        legacy = {
            "TargetOriginId": "bucket",
            "ViewerProtocolPolicy": "allow-all",
            "ForwardedValues": {
                "QueryString": True,
                "QueryStringCacheKeys": {"Quantity": 1, "Items": ["q"]},
                "Headers": {"Quantity": 2, "Items": ["Origin", "Accept"]},
                "Cookies": {
                    "Forward": "whitelist",
                    "WhitelistedNames": {"Quantity": 1, "Items": ["session"]},
                },
            },
            "MinTTL": 5,
            "DefaultTTL": 10,
            "MaxTTL": 20,
            "TrustedKeyGroups": {
                "Enabled": True,
                "Quantity": 1,
                "Items": ["11111111-2222-3333-4444-555555555555"],
            },
        }
        behavior = {
            "PathPattern": "/${a}/*",
            "TargetOriginId": "public",
            "ViewerProtocolPolicy": "https-only",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
            "RealtimeLogConfigArn": f"arn:aws:cloudfront::{ACCOUNT}:realtime-log-config/all",
            "ResponseHeadersPolicyId": SIMPLE_CORS,
        }
        self.client("cloudfront").create_distribution(
            DistributionConfig={
                "CallerReference": "odd",
                "Comment": "",
                "Enabled": True,
                "Aliases": {"Quantity": 1, "Items": ["odd.example.com"]},
                "Origins": {"Quantity": 2, "Items": [bucket, public]},
                "DefaultCacheBehavior": legacy,
                "CacheBehaviors": {"Quantity": 1, "Items": [behavior]},
                "CustomErrorResponses": {
                    "Quantity": 1,
                    "Items": [{"ErrorCode": 500, "ErrorCachingMinTTL": 7}],
                },
                "Logging": {
                    "Enabled": True,
                    "IncludeCookies": True,
                    "Bucket": "logs.s3.amazonaws.com",
                    "Prefix": "site/",
                },
                "Restrictions": {
                    "GeoRestriction": {"RestrictionType": "whitelist", "Quantity": 2, "Items": ["DE", "CH"]}
                },
                "WebACLId": f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/site/1",
                "HttpVersion": "http1.1",
            }
        )

    def distributions(self) -> dict[str, str]:
        """Alias → id."""
        found = self.client("cloudfront").list_distributions()["DistributionList"].get("Items", ())
        return {alias: item["Id"] for item in found for alias in item["Aliases"].get("Items", ())}

    def unanswered(self) -> list[str]:
        """What terraform asked of AWS that the sandbox has no answer to."""
        return [f"{call.service}:{call.operation}" for call in self.aws.calls() if call.status == 501]
