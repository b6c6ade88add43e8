"""What the modules say, computed by the real terraform. No provider is asked."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from edgerollout.terraform.modules import DISTRIBUTION, FUNCTION, module_files
from edgerollout.terraform.ownership import WhoAttaches
from tests.outside import terraform

if TYPE_CHECKING:
    from pathlib import Path

OURS = "arn:aws:lambda:us-east-1:123456789012:function:headers:3"
OTHER = "arn:aws:lambda:us-east-1:123456789012:function:other:1"


def text(module: str, name: str) -> str:
    return module_files(WhoAttaches.TERRAFORM)[PurePosixPath("modules", module, name)].decode()


def functions(folder: Path, **variables: object) -> dict[str, list[tuple[str, str]]]:
    """Behavior → (event, ARN) of what the module attaches there."""
    binary = terraform()
    local = re.search(r"^locals \{.*?^\}\n", text(DISTRIBUTION, "main.tf"), re.MULTILINE | re.DOTALL)
    assert local is not None
    output = 'output "functions" {\n  value = local.functions\n}\n'
    (folder / "main.tf").write_text(local[0] + text(DISTRIBUTION, "variables.tf") + output)
    (folder / "terraform.tfvars.json").write_text(json.dumps({"origins": [], **variables}))

    def run(*arguments: str) -> str:
        done = subprocess.run(
            (binary, f"-chdir={folder}", *arguments),
            env={**os.environ, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    run("apply", "-auto-approve", "-input=false")
    found = json.loads(run("output", "-json"))["functions"]["value"]
    return {path: [(item["event_type"], item["lambda_arn"]) for item in all_] for path, all_ in found.items()}


def behavior(path: str | None = None, *others: str) -> dict[str, Any]:
    """`others` are events at which somebody else's function is."""
    return {
        **({} if path is None else {"path_pattern": path}),
        "target_origin_id": "site",
        "viewer_protocol_policy": "https-only",
        "lambda_functions": [{"event_type": other, "lambda_arn": OTHER} for other in others],
    }


def test_the_version_goes_to_every_behavior_but_those_excluded_or_taken(tmp_path: Path) -> None:
    assert functions(
        tmp_path,
        function_qualified_arn=OURS,
        event_type="viewer-response",
        exclude=["/raw/*"],
        default_cache_behavior=behavior(None, "origin-response"),
        ordered_cache_behaviors=[
            behavior("/api/*"),
            behavior("/raw/*", "viewer-request"),
            behavior("/old/*", "viewer-response"),
        ],
    ) == {
        "Default (*)": [("origin-response", OTHER), ("viewer-response", OURS)],
        "/api/*": [("viewer-response", OURS)],
        "/raw/*": [("viewer-request", OTHER)],
        "/old/*": [("viewer-response", OTHER)],
    }


def test_the_default_behavior_is_excluded_by_its_name_and_without_a_release_nothing_is_attached(
    tmp_path: Path,
) -> None:
    given = {"default_cache_behavior": behavior(), "ordered_cache_behaviors": [behavior("/api/*")]}
    excluding = functions(tmp_path, function_qualified_arn=OURS, exclude=["Default (*)"], **given)
    assert excluding == {"Default (*)": [], "/api/*": [("origin-response", OURS)]}
    assert functions(tmp_path, **given) == {"Default (*)": [], "/api/*": []}


@pytest.mark.parametrize(
    "changed_by_a_release",
    ["description", "handler", "memory_size", "runtime", "source_code_hash", "timeout"],
)
def test_what_a_release_changes_of_the_function_is_left_to_it(changed_by_a_release: str) -> None:
    ignored = re.search(r"ignore_changes = \[(.*?)\]", text(FUNCTION, "main.tf"), re.DOTALL)
    assert ignored is not None
    assert changed_by_a_release in re.split(r"[\s,]+", ignored[1])
