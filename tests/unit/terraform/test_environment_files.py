from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import hcl2
import pytest

from edgerollout.policy.stage import Stage
from edgerollout.release.facts.environment import RESPONSE_HEADERS_POLICY
from edgerollout.release.facts.snapshot import Role
from edgerollout.release.facts.tfvars import Tfvars
from edgerollout.terraform.environment_files import Folder, SiteModule, environment_files
from edgerollout.terraform.live_distribution import read_live
from edgerollout.terraform.modules import module_files
from edgerollout.terraform.ownership import WhoAttaches
from edgerollout.terraform.snippet import snippet
from tests.spelling import spell
from tests.unit.release.builders import FUNCTION_ARN, make_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


ROLE = Role(
    "edgerollout-testing",
    "arn:aws:iam::123456789012:role/edge/edgerollout-testing",
    frozenset(),
    ours=True,
    boundary="arn:aws:iam::123456789012:policy/bounds",
    tags={"team": "web", "cost centre": "42"},
)


def joined(files: Mapping[PurePosixPath, bytes]) -> str:
    return "".join(f"### {path}\n{text.decode()}" for path, text in sorted(files.items()))


def live_site(xml: bytes) -> SiteModule:
    live = read_live(
        xml, label="www", function_arn=FUNCTION_ARN, event="origin-response", tags={"team": "web"}
    )
    return SiteModule("www", "www.example.com", "E2QWRUHAPOMQZL", live)


def folder(owner: WhoAttaches, *sites: SiteModule, **more: object) -> Folder:
    return Folder(make_environment(), owner, sites, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("owner", WhoAttaches)
def test_from_the_configuration_alone(owner: WhoAttaches, golden: Callable[[str, str], None]) -> None:
    files = environment_files(folder(owner, SiteModule("www", "www.example.com")), spell)
    golden(f"configuration-{owner}.txt", joined(files))


@pytest.mark.parametrize("owner", WhoAttaches)
def test_from_a_live_distribution(
    owner: WhoAttaches, live_xml: bytes, golden: Callable[[str, str], None]
) -> None:
    attached = Tfvars(f"{FUNCTION_ARN}:3", 3, Stage.REPORT_ONLY)
    files = environment_files(
        folder(owner, live_site(live_xml), function_there=True, role_to_import=ROLE, attached=attached), spell
    )
    golden(f"live-{owner}.txt", joined(files))


@pytest.mark.parametrize("owner", WhoAttaches)
def test_the_snippet(owner: WhoAttaches, golden: Callable[[str, str], None]) -> None:
    golden(
        f"snippet-{owner}.tf",
        snippet(owner, spell, environment="testing", event="origin-response", exclude=["/api/*"]),
    )


@pytest.mark.parametrize("owner", WhoAttaches)
def test_every_file_is_the_language(owner: WhoAttaches, live_xml: bytes) -> None:
    files = {
        **module_files(owner, imports=True),
        **environment_files(folder(owner, live_site(live_xml)), spell),
    }
    for path, text in files.items():
        if path.suffix == ".tf":
            assert hcl2.loads(text.decode()), path


@pytest.mark.parametrize("owner", WhoAttaches)
def test_variables_and_outputs_are_documented(owner: WhoAttaches, live_xml: bytes) -> None:
    files = {
        **module_files(owner, imports=True),
        **environment_files(folder(owner, live_site(live_xml)), spell),
    }
    for path, text in files.items():
        if path.name in ("variables.tf", "outputs.tf"):
            content = text.decode()
            blocks = content.count("\nvariable ") + content.count("\noutput ") + 1
            assert content.count("\n  description = ") == blocks, path


def test_no_secret_is_in_any_file(live_xml: bytes) -> None:
    text = joined(environment_files(folder(WhoAttaches.TERRAFORM, live_site(live_xml)), spell))
    assert "never-shown" not in text
    assert 'variable "www_backend_x_origin_verify"' in text


def test_only_terraform_as_the_owner_is_told_the_release(live_xml: bytes) -> None:
    attached = Tfvars(f"{FUNCTION_ARN}:3", 3, Stage.ENFORCED)
    name = PurePosixPath("apply/testing/edgerollout.auto.tfvars.json")
    assert name in environment_files(folder(WhoAttaches.TERRAFORM, attached=attached), spell)
    assert name not in environment_files(folder(WhoAttaches.EDGEROLLOUT, attached=attached), spell)


def test_terraform_may_not_destroy_what_it_did_not_make() -> None:
    kept = PurePosixPath("modules/edgerollout_imported_distribution/main.tf")
    for owner in WhoAttaches:
        files = module_files(owner, imports=True)
        assert b"prevent_destroy = true" in files[kept]
        assert b"prevent_destroy" not in files[kept.parent.with_name("edgerollout_distribution") / "main.tf"]
        assert kept not in module_files(owner)


def test_a_folder_whose_behaviors_differ_has_no_file_of_releases() -> None:
    assert not any(
        path.suffix == ".json"
        for path in environment_files(folder(WhoAttaches.TERRAFORM, attached=None), spell)
    )


def test_only_edgerollout_as_the_owner_has_terraform_ignore_the_behaviors() -> None:
    main = PurePosixPath("modules/edgerollout_distribution/main.tf")
    ignored = b"ignore_changes = [default_cache_behavior, ordered_cache_behavior]"
    assert ignored not in module_files(WhoAttaches.TERRAFORM)[main]
    assert ignored in module_files(WhoAttaches.EDGEROLLOUT)[main]


def test_event_exclusions_and_the_role_to_assume_are_those_of_the_environment() -> None:
    environment = make_environment(event="viewer-response")
    role = "arn:aws:iam::123456789012:role/deploy"
    environment = replace(environment, exclude=("/raw/*", "Default (*)"), role_arn=role)
    site = SiteModule("www", "www.example.com")
    text = joined(environment_files(Folder(environment, WhoAttaches.TERRAFORM, (site,)), spell))
    assert 'event_type             = "viewer-response"' in text
    assert 'exclude                = ["/raw/*", "Default (*)"]' in text
    assert f'  assume_role {{\n    role_arn = "{role}"\n  }}' in text


def test_the_snippet_says_where_it_goes_and_at_which_event() -> None:
    text = snippet(
        WhoAttaches.TERRAFORM,
        spell,
        environment="testing",
        event="viewer-response",
        exclude=["Default (*)", "/raw/*"],
    )
    assert 'event_type   = "viewer-response"' in text
    assert (
        "# Into every ordered_cache_behavior, not into default_cache_behavior; not into that of /raw/*."
        in text
    )


@pytest.mark.parametrize("owner", WhoAttaches)
def test_a_release_by_a_policy_is_told_by_its_id_and_no_policy_is_a_resource(owner: WhoAttaches) -> None:
    environment = replace(make_environment(), deliver=RESPONSE_HEADERS_POLICY)
    files = environment_files(Folder(environment, owner, (SiteModule("www", "www.example.com"),)), spell)
    text = joined(files) + snippet(owner, spell, environment="testing", event=None)
    attached = "= var.edgerollout_attached ? coalesce(var.edgerollout_response_headers_policy_id) : null"
    assert text.count(attached) == (2 if owner is WhoAttaches.TERRAFORM else 0)
    assert 'resource "aws_cloudfront_response_headers_policy"' not in text
    for path, content in files.items():
        if path.suffix == ".tf":
            hcl2.loads(content.decode())


def test_an_access_control_of_a_long_alias_has_a_name_that_cloudfront_takes() -> None:
    labels = [f"{'long_' * 20}{end}_example_com" for end in ("a", "b")]
    sites = (SiteModule(label, label.replace("_", ".")) for label in labels)
    text = joined(environment_files(folder(WhoAttaches.TERRAFORM, *sites), spell))
    names = re.findall(r'name += "(long-.*)"', text)
    assert [len(name) for name in names] == [64, 64]
    assert len(set(names)) == 2


def test_a_role_of_somebody_else_is_used_and_not_imported() -> None:
    arn = "arn:aws:iam::123456789012:role/web"
    text = joined(environment_files(folder(WhoAttaches.TERRAFORM, function_there=True, role_arn=arn), spell))
    assert f'role_arn      = "{arn}"' in text
    assert "aws_iam_role" not in text
