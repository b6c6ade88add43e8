"""Makes docs/reference/, the pages that are written from the code. A test says when they are out of date."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from edgerollout.cli.app import app
from edgerollout.cli.commands import GROUPS
from edgerollout.cli.options import GLOBAL
from edgerollout.policy.lint.registry import CSP_RULES, HEADER_RULES
from make_docs import output
from make_docs.exits import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from typer import _click as click

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
SCHEMAS = ROOT / "docs" / "schema"
FIXED = frozenset(
    {"empty-list", "idle-keyword", "needless-value", "none-with-others", "query-ignored"}
    | {
        "repeated-source",
        "scheme-without-colon",
        "shadowed-source",
        "trusted-types",
        "unquoted-keyword",
        "x-content-type-options",
    }
)
"""The rules with findings that `lint --fix` corrects, some or all of them; a test compares."""
_NOTE = "<!-- Made by `make reference` from the code. Edits are lost. -->\n"
_LIMITS = re.compile(r"  \[([^]]*)]$")


def write() -> None:
    """Write every page, and remove pages that no longer belong."""
    made = pages()
    for old in FOLDER.rglob("*.md"):
        if old not in made:
            old.unlink()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def pages() -> dict[Path, str]:
    """Path → text of every generated page."""
    found = {FOLDER / "commands" / f"{name}.md": text for name, text in _command_pages()}
    found[FOLDER / "commands" / "index.md"] = _commands_page()
    found[FOLDER / "configuration.md"] = _configuration_page()
    found[FOLDER / "lint-rules.md"] = _rules_page()
    found |= output.pages()
    found[FOLDER / "schemas.md"] = _schemas_page(found)
    return found


# --- commands --------------------------------------------------------------------------------------------


def _command_pages() -> Iterator[tuple[str, str]]:
    root = get_command(app)
    top = root.make_context("edgerollout", [], resilient_parsing=True)
    for commands in GROUPS.values():
        for entry in commands:
            command = root.get_command(top, entry.name)  # type: ignore[attr-defined]
            yield entry.name, _command_page(entry.name, command, top)


def _command_page(name: str, command: Any, top: click.Context) -> str:
    parts = [f"# edgerollout {name}\n", _NOTE]
    context = type(top)(command, info_name=name, parent=top)
    subcommands: Mapping[str, Any] = getattr(command, "commands", {})
    if subcommands:
        parts.append(command.help + "\n")
        for inner, subcommand in subcommands.items():
            below = type(top)(subcommand, info_name=inner, parent=context)
            parts += [f"## edgerollout {name} {inner}\n", *_usage(subcommand, below, "###")]
    else:
        parts += _usage(command, context, "##")
    parts += [*_examples(command.epilog), *_codes(name)]
    return "\n".join(parts)


def _usage(command: Any, context: click.Context, level: str) -> Iterator[str]:
    own = [
        param
        for param in command.get_params(context)
        if param.name != "help" and not (param.name in GLOBAL and getattr(param, "rich_help_panel", None))
    ]
    words = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    yield f"```text\n{words}\n```\n"
    yield _prose(command.help) + "\n"
    arguments = [parameter for parameter in own if parameter.param_type_name == "argument"]
    options = [parameter for parameter in own if parameter.param_type_name == "option"]
    if arguments:
        yield f"{level} Arguments\n"
        yield _table(("argument", "meaning"), _parameters(arguments, context))
    if options:
        yield f"{level} Options\n"
        yield _table(("option", "meaning"), _parameters(options, context))
    yield "The [global options](index.md#global-options) work as well.\n"


def _prose(text: str) -> str:
    """The paragraphs of a docstring, each on a line; text in angle brackets stays text."""
    paragraphs = [" ".join(part.split()) for part in text.replace("\b", "").strip().split("\n\n")]
    return "\n\n".join(paragraphs).replace("<", "&lt;")


def _parameters(parameters: Iterable[Any], context: click.Context) -> Iterator[tuple[str, str]]:
    for parameter in parameters:
        record = parameter.get_help_record(context)
        if record is None:
            continue
        names, meaning = record
        names = re.sub(r"--([a-z-]+) / --no-\1", r"--\1, --no-\1", names)
        limits = _LIMITS.search(meaning)
        meaning = _LIMITS.sub("", meaning)
        if limits:
            meaning += " (the default)" if "--no-" in names else f" ({_words(limits[1])})"
        yield f"`{names}`", meaning.replace("|", "\\|")


def _words(limits: str) -> str:
    """The limits that click prints in brackets, in words."""
    limits = re.sub(r"(\d+)<=x<=(\d+)", r"\1 to \2", limits)
    limits = re.sub(r"x>=(\d+)", r"\1 or more", limits)
    return limits.replace("default: ", "default ").replace(";", ",")


def _examples(epilog: str | None) -> Iterator[str]:
    """The examples of a command's help: each command below its purpose."""
    if not epilog:
        return
    lines = [
        line.strip() for line in epilog.replace("\b", "").splitlines()[1:] if line.strip() != "Examples:"
    ]
    yield "## Examples\n"
    shown: list[str] = []
    for line in lines:
        if line.startswith("edgerollout "):
            command, _, meaning = line.partition("   ")
            shown.append(command.strip())
            if meaning.strip():
                shown[-1] = f"# {meaning.strip()}\n{command.strip()}"
        else:
            shown[-1] = f"# {line}\n{shown[-1]}"
    yield (
        "```console\n"
        + "\n\n".join(re.sub(r"^(edgerollout)", r"$ \1", example, flags=re.MULTILINE) for example in shown)
        + "\n```\n"
    )


def _codes(name: str) -> Iterator[str]:
    yield "## Exit codes\n"
    yield "0, 1, 2 and 130 mean the same in [every command](../../exit-codes.md)." + (
        " This command also has:\n" if CODES[name] else "\n"
    )
    if CODES[name]:
        rows = ((str(int(code)), meaning) for code, meaning in sorted(CODES[name].items()))
        yield _table(("code", "meaning"), rows)


def _commands_page() -> str:
    root = get_command(app)
    top = root.make_context("edgerollout", [], resilient_parsing=True)
    parts = ["# Commands\n", _NOTE]
    for title, commands in GROUPS.items():
        parts.append(f"## {title}\n")
        rows = ((f"[{command.name}]({command.name}.md)", command.summary) for command in commands)
        parts.append(_table(("command", "does"), rows))
    parts += [
        "## Global options\n",
        "You can write them before or after the command's name.\n",
        _table(("option", "meaning"), _parameters(root.get_params(top), top)),
        "## Exit codes\n",
        "The meaning of each code: [exit codes](../../exit-codes.md). Here: which commands have them.\n",
        _table(
            ("code", "commands"),
            (
                (str(int(code)), ", ".join(f"[{name}]({name}.md)" for name in CODES if code in CODES[name]))
                for code in sorted({code for codes in CODES.values() for code in codes})
            ),
        ),
    ]
    return "\n".join(parts)


# --- configuration ---------------------------------------------------------------------------------------


def _configuration_page() -> str:
    parts = [
        "# Configuration, key by key\n",
        _NOTE,
        (
            "From the JSON Schemas that editors read. How the two files work together: "
            "[configuration](../configuration.md).\n"
        ),
    ]
    for name in ("edgerollout", "policy"):
        schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
        parts += [f"## {schema['title']}\n", schema["description"] + "\n"]
        parts += _tables(schema)
    return "\n".join(parts)


_TITLES = {
    "function": "`[function]` and `[environments.NAME.function]`",
    "environment": "`[environments.NAME]`",
    "distribution": "An entry of `distributions`",
    "gates": "`[environments.NAME.gates]`",
    "duration": "A duration",
    "csp": "`[csp]` and `[environments.NAME.csp]`",
    "overlay": "`[environments.NAME]`",
    "header_table": "A header as a table",
}
"""Definition of a schema → its name in TOML."""


def _tables(schema: dict[str, Any]) -> Iterator[str]:
    """A table of keys for each object of a schema, with its name in TOML as title."""
    yield _keys(schema, schema)
    for key, value in schema.get("properties", {}).items():
        inner = value.get("properties", {})
        lists = {name: member for name, member in inner.items() if "properties" in member.get("items", {})}
        if inner.keys() - lists:
            yield f"### `[{key}]`\n\n{value['description']}\n"
            yield _keys(value, schema)
        for name, item in lists.items():
            yield f"### `[[{key}.{name}]]`\n\n{item['description']}\n"
            yield _keys(item["items"], schema)
    for name, definition in schema.get("$defs", {}).items():
        if name in _TITLES:
            yield f"### {_TITLES[name]}\n"
            if "description" in definition:
                yield definition["description"] + "\n"
            if "properties" in definition:
                yield _keys(definition, schema)


def _keys(table: dict[str, Any], schema: dict[str, Any]) -> str:
    required = set(table.get("required", ()))
    return _table(
        ("key", "type", "meaning", "default"),
        (
            (
                f"`{key}`",
                _type(key_schema, schema),
                _cell(key_schema.get("description") or _named(key_schema, schema).get("description", "")),
                "required" if key in required else _default(key_schema),
            )
            for key, key_schema in table.get("properties", {}).items()
        ),
    )


def _named(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The definition to which `node` refers, or nothing."""
    found: dict[str, Any] = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else {}
    return found


def _default(node: dict[str, Any]) -> str:
    return f"`{json.dumps(node['default'])}`" if "default" in node else ""


def _type(node: dict[str, Any], schema: dict[str, Any]) -> str:
    if target := _named(node, schema):
        return "table" if target.get("type") == "object" else _type(target, schema)
    if "enum" in node:
        return " or ".join(f"`{json.dumps(value)}`" for value in node["enum"])
    for choice in ("oneOf", "anyOf"):
        if choice in node:
            return " or ".join(dict.fromkeys(_type(value, schema) for value in node[choice]))
    match node.get("type"):
        case "array":
            return f"list of {_type(node.get('items', {}), schema)}"
        case "object":
            return "table"
        case "integer":
            low, high = node.get("minimum"), node.get("maximum")
            return "integer" if low is None or high is None else f"integer, {low} to {high}"
        case str(name):
            return name
        case _:
            return "value"


# --- the rest --------------------------------------------------------------------------------------------


def _rules_page() -> str:
    parts = [
        "# Lint rules\n",
        _NOTE,
        (
            "What `edgerollout lint` looks for, and which findings `--fix` can correct. "
            "How to read and accept a finding: [lint](../lint.md).\n"
        ),
    ]
    for title, rules in (("Rules for policies", CSP_RULES), ("Rules for headers", HEADER_RULES)):
        parts.append(f"## {title}\n")
        parts.append(
            _table(
                ("rule", "severity", "what it finds", "`--fix`"),
                (
                    (f"`{rule.name}`", rule.severity.value, _cell(rule.summary), "yes" * (rule.name in FIXED))
                    for rule in rules
                ),
            )
        )
    return "\n".join(parts)


def _schemas_page(made: Mapping[Path, str]) -> str:
    texts = {path: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*.json")}
    texts |= {path: text for path, text in made.items() if path.suffix == ".json"}
    rows = []
    for path, text in sorted(texts.items()):
        schema = json.loads(text)
        meaning = schema.get("description") or schema.get("title") or ""
        name = path.relative_to(SCHEMAS).as_posix()
        rows.append((f"[{name}](../schema/{name})", _cell(meaning)))
    return "\n".join(
        [
            "# JSON Schemas\n",
            _NOTE,
            (
                "For editors and programs. What the fields mean: [JSON documents](../json.md),"
                " [events](../events.md).\n"
            ),
            _table(("schema", "describes"), rows),
        ]
    )


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines) + "\n"
