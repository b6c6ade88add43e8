"""JSON Schemas and tables of fields, made from the classes of `edgerollout.views.output`.

docs/schema/output has the schemas, docs/json.md and docs/events.md the tables. A schema leaves room for the
fields that 1.x may add, so that what checks with it goes on.
"""

from __future__ import annotations

import ast
import collections.abc
import enum
import inspect
import json
import re
import textwrap
import types
import typing
from pathlib import Path
from typing import Any, Literal

from edgerollout.release.facts.events import StepKind
from edgerollout.views.output.build import BuildJson
from edgerollout.views.output.doctor import CheckupJson, ContactJson
from edgerollout.views.output.encoder import Absent, Output, key_of
from edgerollout.views.output.events import LineJson
from edgerollout.views.output.externalise import ExternaliseJson
from edgerollout.views.output.handler_test import HandlerTestJson
from edgerollout.views.output.hashes import HashesJson
from edgerollout.views.output.history import HistoryJson
from edgerollout.views.output.init import InitJson
from edgerollout.views.output.lint import LintJson
from edgerollout.views.output.plan import PlanJson
from edgerollout.views.output.preview import PreviewJson
from edgerollout.views.output.pruning import PruneJson
from edgerollout.views.output.sandbox import NoSandboxJson, SandboxJson
from edgerollout.views.output.scan import ScanJson
from edgerollout.views.output.status import EnvironmentStatusJson, OverviewJson, StatusJson
from edgerollout.views.output.terraform import SnippetJson, TerraformJson
from edgerollout.views.output.tour import TourJson
from edgerollout.views.output.verify import VerifyJson

DOCS = Path(__file__).parents[1] / "docs"
SCHEMAS = DOCS / "schema" / "output"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

DOCUMENTS: dict[str, Any] = {
    "build": BuildJson,
    "contact": ContactJson,
    "doctor": CheckupJson,
    "event": LineJson,
    "history": HistoryJson,
    "init": InitJson,
    "externalise": ExternaliseJson,
    "hashes": HashesJson,
    "lint": LintJson,
    "plan": PlanJson,
    "preview": PreviewJson,
    "prune": PruneJson,
    "sandbox": SandboxJson | NoSandboxJson,
    "scan": ScanJson,
    "snippet": SnippetJson,
    "status": StatusJson,
    "status-all": OverviewJson,
    "terraform": TerraformJson,
    "test": HandlerTestJson,
    "tour": TourJson,
    "verify": VerifyJson,
}
"""Every document, and the lines of a run, by the name of their schema."""

_TOLD_ELSEWHERE = {"status-all": EnvironmentStatusJson}
"""A part of a document whose fields are in another table."""

_WORDS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def pages() -> dict[Path, str]:
    """Path → text of every schema, and of the pages with tables, which are made between two marks."""
    known = {**DOCUMENTS, **lines()}
    found = {SCHEMAS / f"{name}.json": schema_text(name) for name in DOCUMENTS}
    for page in (DOCS / "json.md", DOCS / "events.md"):
        found[page] = re.sub(
            r"(?<=<!-- fields: )(\S+)( -->\n).*?(?=<!-- end -->)",
            lambda mark: f"{mark[1]}{mark[2]}\n{table(mark[1], known[mark[1]])}\n",
            page.read_text(encoding="utf-8"),
            flags=re.DOTALL,
        )
    found[DOCS / "events.md"] = _told_by_their_classes(found[DOCS / "events.md"])
    return found


def _told_by_their_classes(page: str) -> str:
    """The page of the events: each with the docstring of its class; and every kind of step."""
    for name, of in lines().items():
        told = " ".join((of.__doc__ or "").split())
        head, foot = f"\n## {name}\n\n", f"\n\n<!-- fields: {name} -->"
        before, _, rest = page.partition(head)
        _, _, after = rest.partition(foot)
        page = f"{before}{head}{told}{foot}{after}"
    steps = ", ".join(f"`{kind.value}`" for kind in StepKind)
    return re.sub(r"(?m)^`step` is one of .*$", f"`step` is one of {steps}.", page)


def lines() -> dict[str, type[Output]]:
    """The lines of a run, by their type."""
    return {words(hints(line)["type"])[0]: line for line in members(DOCUMENTS["event"])}


# --- schemas -----------------------------------------------------------------------------------------------


def schema(name: str) -> dict[str, Any]:
    """The schema of a document."""
    defs: dict[str, Any] = {}
    root = DOCUMENTS[name]
    body = _object(root, defs) if isinstance(root, type) else _type(root, defs)
    head = {"$schema": DIALECT, "$id": f"{name}.json", "title": name}
    return {**head, **body, **({"$defs": dict(sorted(defs.items()))} if defs else {})}


def schema_text(name: str) -> str:
    """The schema as text for its file."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False) + "\n"


def reachable(hint: Any) -> set[type[Output]]:
    """Every class that a document may have in it."""
    found: set[type[Output]] = set()
    for member in members(hint):
        found |= {member}.union(*(reachable(item) for item in hints(member).values()))
    return found


def members(hint: Any) -> list[type[Output]]:
    """The classes in a type, also in a list or a mapping."""
    if isinstance(hint, type) and issubclass(hint, Output):
        return [hint]
    return [member for arg in typing.get_args(hint) for member in members(arg)]


def hints(of: type[Output]) -> dict[str, Any]:
    """Field → type."""
    return typing.get_type_hints(of, include_extras=True)


def docs(of: type[Output]) -> dict[str, str]:
    """Field → its docstring, on one line."""
    told = {}
    for item in reversed([entry for entry in of.__mro__ if issubclass(entry, Output)]):
        body = ast.parse(textwrap.dedent(inspect.getsource(item))).body[0]
        assert isinstance(body, ast.ClassDef)
        for node, after in zip(body.body, [*body.body[1:], None], strict=True):
            match node, after:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    told[name] = " ".join(text.split())
    return told


def _object(of: type[Output], defs: dict[str, Any]) -> dict[str, Any]:
    told, properties, required = docs(of), {}, []
    for name, hint in hints(of).items():
        description = {"description": told[name]} if name in told else {}
        properties[key_of(name)] = {**description, **_type(hint, defs)}
        if Absent not in typing.get_args(hint):
            required.append(key_of(name))
    return {
        "description": " ".join((of.__doc__ or "").split()),
        "type": "object",
        "required": required,
        "properties": properties,
    }


def _type(hint: Any, defs: dict[str, Any]) -> dict[str, Any]:
    if isinstance(hint, type) and hint in _WORDS:
        return {"type": _WORDS[hint]}
    if isinstance(hint, type) and issubclass(hint, Output):
        name = hint.__name__.removesuffix("Json")
        if name not in defs:
            defs[name] = {}
            defs[name] = _object(hint, defs)
        return {"$ref": f"#/$defs/{name}"}
    if words(hint):
        return {"enum": words(hint)} if len(words(hint)) > 1 else {"const": words(hint)[0]}
    if hint in (Literal[True], Literal[False]):
        return {"const": hint == Literal[True]}
    arguments = typing.get_args(hint)
    match typing.get_origin(hint):
        case typing.Annotated:
            return {**_type(arguments[0], defs), **dict(arguments[1:])}
        case collections.abc.Sequence:
            return {"type": "array", "items": _type(arguments[0], defs)}
        case collections.abc.Mapping:
            return {"type": "object", "additionalProperties": _type(arguments[1], defs)}
        case typing.Union | types.UnionType:
            return _union([_type(argument, defs) for argument in arguments if argument is not Absent])
    raise AssertionError(f"no schema for {hint}")


def _union(of: list[dict[str, Any]]) -> dict[str, Any]:
    if len(of) == 1:
        return of[0]
    if all(set(item) == {"type"} for item in of):
        return {"type": [item["type"] for item in of]}
    if len(of) == 2 and "enum" in of[0] and of[1] == {"type": "null"}:
        return {"enum": [*of[0]["enum"], None]}
    return {"anyOf": of}


def words(hint: Any) -> list[str]:
    """The words of an enumeration; none for other types."""
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        return [item.value for item in hint]
    if typing.get_origin(hint) is typing.Literal:
        return [str(arg) for arg in typing.get_args(hint) if isinstance(arg, str)]
    return []


# --- tables ------------------------------------------------------------------------------------------------

_Row = tuple[str, str, str]


def table(name: str, of: Any) -> str:
    """The fields as a Markdown table. Fields of inner objects have a path, once for each kind of object."""
    rows = _Table(_TOLD_ELSEWHERE.get(name, Output)).inner(of, "")
    lines = [f"| `{path}` | {kind} | {text} |\n" for path, kind, text in rows]
    return "".join(("| field | type | meaning |\n|---|---|---|\n", *lines))


class _Table:
    def __init__(self, told_elsewhere: type[Output]) -> None:
        self._told_elsewhere = hints(told_elsewhere)
        self._told: dict[type[Output], str] = {}

    def inner(self, hint: Any, path: str) -> list[_Row]:
        """The rows of the objects in a field. With several kinds of object, a row says which have it."""
        rows: dict[_Row, list[str]] = {}
        for member in members(hint):
            self._told[member] = path.rstrip(".")
            for row in self._rows(member, path):
                rows.setdefault(row, []).extend(f"`{word}`" for word in words(hints(member).get("type")))
        everybody = max(map(len, rows.values()), default=0)
        return [
            (at, kind, f"of {', '.join(whose)}: {text}" if 0 < len(whose) < everybody else text)
            for (at, kind, text), whose in rows.items()
        ]

    def _rows(self, of: type[Output], path: str) -> list[_Row]:
        rows = []
        for name, hint in hints(of).items():
            if (name == "type" and not path) or (path and name in self._told_elsewhere):
                continue
            place, text = f"{path}{key_of(name)}", _meaning(hint, docs(of)[name])
            kinds = " or ".join(_kinds(hint))
            if told := self._as_told(hint):
                rows.append((place, kinds, f"{text}; as `{told}`"))
            else:
                rows += [(place, kinds, text), *self.inner(hint, f"{place}{_step(hint)}.")]
        return rows

    def _as_told(self, hint: Any) -> str | None:
        """The path of the rows for the same kind of object, or for a kind with more fields."""
        kinds = tuple(members(hint))
        return next((at for of, at in self._told.items() if issubclass(of, kinds)), None)


def _step(hint: Any) -> str:
    """The path of a field inside this one."""
    inside = "".join(_step(arg) for arg in typing.get_args(hint) if members(arg))
    match typing.get_origin(hint):
        case collections.abc.Sequence:
            return "[]" + inside
        case collections.abc.Mapping:
            return ".*" + inside
        case _:
            return inside


def _kinds(hint: Any) -> list[str]:
    if isinstance(hint, type) and hint in _WORDS:
        return [_WORDS[hint]]
    match typing.get_origin(hint):
        case typing.Annotated:
            return _kinds(typing.get_args(hint)[0])
        case collections.abc.Sequence:
            return ["array"]
        case typing.Union | types.UnionType:
            of = [kind for arg in typing.get_args(hint) if arg is not Absent for kind in _kinds(arg)]
            return list(dict.fromkeys(of))
        case typing.Literal:
            return ["string"] if words(hint) else ["boolean"]
        case _:
            return ["string"] if words(hint) else ["object"]


def _meaning(hint: Any, told: str) -> str:
    """The field's docstring, and its possible words if that names none; steps are listed above."""
    may_be = [word for arg in (hint, *typing.get_args(hint)) for word in words(arg)]
    if len(may_be) < 2 or set(may_be) == set(StepKind) or any(f"`{word}`" in told for word in may_be):
        return told
    return f"{told}. One of {', '.join(f'`{word}`' for word in may_be)}"
