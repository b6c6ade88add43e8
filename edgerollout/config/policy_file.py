"""config/policy.toml: the base policy and the environments' overlays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.config.section import array_of, kind
from edgerollout.policy.csp import KEYWORDS, Csp
from edgerollout.policy.headers import Header
from edgerollout.policy.policy import Overlay, Policy
from edgerollout.policy.staging import STAGED
from edgerollout.policy.wording import did_you_mean, printable, there_are

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.config.section import Section

TOP_KEYS = ("headers", "csp", "environments")
OVERLAY_KEYS = ("headers", "csp")
HEADER_KEYS = ("value", "override", "remove", "staged")


def read_policy(top: Section, environments: tuple[str, ...] | None) -> Policy:
    """All of policy.toml; problems are noted in its file.

    `environments` are the names overlays may have, None when they are not known.
    """
    top.refuse_unknown(TOP_KEYS)
    base = _read_layer(top, overlay=False)
    overlays: dict[str, Overlay] = {}
    for name, section in top.tables_in("environments").items():
        section.refuse_unknown(OVERLAY_KEYS)
        if environments is not None and name not in environments:
            known = did_you_mean(name, environments) or there_are(environments)
            message = f'there is no environment "{printable(name)}"'
            section.file.note(section.path, message, known, "key")
        overlays[name] = _read_layer(section, overlay=True)
        _check_drops(section, overlays[name], base)
    return Policy(csp=base.csp, headers=base.headers, overlays=overlays)


def _read_layer(section: Section, *, overlay: bool) -> Overlay:
    headers: list[Header] = []
    dropped: set[str] = set()
    table = section.table("headers")
    if table is not None:
        for key in _once(table):
            if table.data[key] is False and overlay:
                dropped.add(key.lower())
            elif (header := _read_header(table, key)) is not None:
                headers.append(header)
    return Overlay(csp=_read_csp(section), headers=tuple(headers), dropped=frozenset(dropped))


def _read_csp(section: Section) -> Csp:
    if isinstance(whole := section.data.get("csp"), str):
        section.note("csp", "expected a table, found a string", f"write [csp] and {_split(whole)}")
        return Csp()
    table = section.table("csp")
    if table is None:
        return Csp()
    directives: dict[str, tuple[str, ...]] = {}
    for name in _once(table):
        if isinstance(table.data[name], bool):
            table.note(
                name, f"expected a list of strings, found {kind(table.data[name])}", f"write {name} = []"
            )
        elif isinstance(text := table.data[name], str):
            table.note(
                name, "expected a list of strings, found a string", f"write {_split(f'{name} {text}')}"
            )
        elif (sources := table.strings(name)) is not None:
            directives[name] = sources
    return Csp.of(directives)


def _split(text: str) -> str:
    """A policy in one string, as the keys to write instead: `;` separates directives."""
    directives = [part.split() for part in text.split(";") if part.strip()]
    return " and ".join(f"{name} = {array_of(map(_quoted_keyword, rest))}" for name, *rest in directives)


def _quoted_keyword(source: str) -> str:
    """A source, in the quotes that a policy wants around a keyword."""
    return f"'{source}'" if f"'{source.lower()}'" in KEYWORDS else source


def _read_header(table: Section, key: str) -> Header | None:
    name = key.lower()
    value = table.data[key]
    match value:
        case str():
            return Header(name, value)
        case dict():
            section = table.table(key)
            return None if section is None else _read_header_table(name, section)
        case False:
            table.note(key, "there is no header to drop here", "false is for an environment's [headers]")
        case _:
            table.note(key, f"expected a string or a table, found {kind(value)}", f'{name} = "VALUE"')
    return None


def _read_header_table(name: str, section: Section) -> Header | None:
    section.refuse_unknown(HEADER_KEYS)
    remove = section.boolean("remove", default=False)
    override = section.boolean("override", default=True)
    staged = section.boolean("staged", default=True)
    if not staged and name not in STAGED:
        section.note(
            "staged", f"{printable(name)} has no stages: it is enforced at once", "leave it out", "key"
        )
    if remove:
        if any(key in section for key in ("value", "override", "staged")):
            section.note("remove", "a header is removed or has a value", "leave one of them out")
            return None
        return Header(name, action="remove")
    if "value" not in section:
        section.file.missing(section.at("value"), '{ value = "…", override = false } or { remove = true }')
        return None
    value = section.string("value")
    return None if value is None else Header(name, value, "set" if override else "keep", staged)


def _once(table: Section) -> Iterator[str]:
    """The keys of `table`; a key that differs from an earlier one only by case is noted and left out."""
    seen: dict[str, str] = {}
    for key in table.data:
        earlier = seen.setdefault(key.lower(), key)
        if earlier != key:
            table.note(key, f"the same as {earlier} above: case does not count", "keep one of the two", "key")
        else:
            yield key


def _check_drops(section: Section, overlay: Overlay, base: Overlay) -> None:
    names = {header.name for header in base.headers}
    for name in sorted(overlay.dropped - names):
        section.file.note(
            (*section.at("headers"), name),
            f"the base policy has no header {printable(name)} to drop",
            did_you_mean(name, names),
            "key",
        )
