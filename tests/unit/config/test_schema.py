"""The published JSON Schemas and the loader must say the same."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from edgerollout.config import environments, function, policy_file
from edgerollout.config.project import SETTINGS_KEYS
from edgerollout.policy.header_rules import RESPONSE_EVENTS

REPOSITORY = Path(__file__).parents[3]
CASES = Path(__file__).parent / "problems"
FILES = {"settings": "edgerollout", "policy": "policy"}
BEYOND_A_SCHEMA = {
    # What depends on another key, another file, the disk, or on lists too long for a schema.
    "after-itself.txt",
    "circle.txt",
    "handler-of-the-other-runtime.txt",
    "no-function.txt",
    "no-handler-folder.txt",
    "shared-function-and-distribution.txt",
    "shared-tfvars.txt",
    "unknown-after.txt",
    "unknown-default.txt",
    "viewer-limits.txt",
    "drops-nothing.txt",
    "empty.txt",
    "empty-overlay.txt",
    "none-in-an-overlay.txt",
}


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((REPOSITORY / "docs" / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", ["edgerollout", "policy"])
def test_the_sample_configuration_is_valid(name: str) -> None:
    text = (REPOSITORY / "config" / f"{name}.toml").read_text(encoding="utf-8")
    assert [error.message for error in validator(name).iter_errors(tomllib.loads(text))] == []


@pytest.mark.parametrize("name", ["edgerollout", "policy"])
def test_the_sample_configuration_names_its_schema_for_editors(name: str) -> None:
    first, _, _ = (REPOSITORY / "config" / f"{name}.toml").read_text(encoding="utf-8").partition("\n")
    assert (REPOSITORY / "config" / first.removeprefix("#:schema ")).is_file()


def test_schema_and_loader_know_the_same_keys() -> None:
    settings = validator("edgerollout").schema
    policy = validator("policy").schema
    known = {
        "top": (settings, environments.TOP_KEYS),
        "function": (settings["$defs"]["function"], function.FUNCTION_KEYS),
        "environment": (settings["$defs"]["environment"], environments.ENVIRONMENT_KEYS),
        "gates": (settings["$defs"]["gates"], environments.GATES_KEYS),
        "distribution": (settings["$defs"]["distribution"], environments.DISTRIBUTION_KEYS),
        "policy": (policy, policy_file.TOP_KEYS),
        "overlay": (policy["$defs"]["overlay"], policy_file.OVERLAY_KEYS),
        "header": (policy["$defs"]["header_table"], policy_file.HEADER_KEYS),
    }
    assert {name: set(schema["properties"]) for name, (schema, _) in known.items()} == {
        name: set(keys) for name, (_, keys) in known.items()
    }
    assert tuple(settings["$defs"]["function"]["properties"]["event"]["enum"]) == RESPONSE_EVENTS
    assert (
        tuple(settings["$defs"]["environment"]["properties"]["on_failure"]["enum"]) == environments.ON_FAILURE
    )
    assert tuple(settings["$defs"]["environment"]["properties"]["triggers"]["enum"]) == environments.TRIGGERS


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        pytest.param(kind, file, id=f"{kind}/{file.stem}")
        for kind in FILES
        for file in sorted((CASES / kind).iterdir())
        if file.name not in BEYOND_A_SCHEMA and not file.name.startswith("broken")
    ],
)
def test_editors_mark_what_the_loader_refuses(kind: str, file: Path) -> None:
    text, _, _ = file.read_text(encoding="utf-8").partition("-----\n")
    assert not validator(FILES[kind]).is_valid(tomllib.loads(text))


def keys_of(schema: object) -> set[str]:
    """The keys that a schema knows, however deep."""
    if not isinstance(schema, dict):
        return set()
    own = schema.get("properties", {})
    return set(own).union(
        *map(keys_of, (*own.values(), *schema.get("$defs", {}).values(), schema.get("items")))
    )


def test_a_line_of_a_broken_file_is_shown_for_every_key_that_the_schema_knows() -> None:
    assert keys_of(validator("edgerollout").schema) == SETTINGS_KEYS


@pytest.mark.parametrize("name", ["edgerollout", "policy"])
def test_every_key_says_what_it_means(name: str) -> None:
    schema = validator(name).schema
    for definition in (schema, *schema["$defs"].values()):
        for key, item in definition.get("properties", {}).items():
            assert "description" in item or "$ref" in item, key
