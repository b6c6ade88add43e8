"""What a shell offers after Tab: names of the configuration and of this tool.

Nothing here calls AWS, prints or fails.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer  # noqa: TC002 - typer reads the annotations of what completes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

OUTPUTS = ("auto", "live", "log", "json", "github", "text", "markdown")
GRADES = ("A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "D-", "F")
RUNTIMES = ("python3.13", "nodejs22.x")
"""The runtimes for which `init` has a handler."""

EVENTS = ("origin-response", "viewer-response")
GRANULARITIES = ("origin", "host-wildcard", "directory", "path")


def complete(words: tuple[str, ...]) -> Callable[[str], list[str]]:
    """Offers these words."""

    def fitting(incomplete: str) -> list[str]:
        return _fitting(words, incomplete)

    return fitting


def environments(ctx: typer.Context, incomplete: str) -> list[str]:
    """The environments of the configuration."""
    return _fitting(_tables(_settings(ctx)), incomplete)


def pages(ctx: typer.Context, incomplete: str) -> list[str]:
    """The pages of the environment that -e names, otherwise of all environments."""
    tables, wanted = _tables(_settings(ctx)), _given(ctx, "env")
    chosen = [tables[wanted]] if isinstance(wanted, str) and wanted in tables else tables.values()
    found = (url for table in chosen if isinstance(table, dict) for url in _strings(table.get("urls")))
    return _fitting(found, incomplete)


def headers(ctx: typer.Context, incomplete: str) -> list[str]:
    """The headers of the policy that browsers remember: the user accepts these by name."""
    from edgerollout.policy.header_rules import irreversible

    return _fitting((name for name, value in _headers(ctx) if irreversible(name, value)), incomplete)


def overrides(incomplete: str) -> list[str]:
    """The gates and checks that can be set aside."""
    from edgerollout.cli.preflight import CHECKS
    from edgerollout.release.checks.gates import GATES
    from edgerollout.release.checks.unobserved import UNOBSERVED

    return _fitting((*GATES, *CHECKS, UNOBSERVED), incomplete)


def releases(ctx: typer.Context, incomplete: str) -> list[str]:
    """The releases that `history` showed last in the environment, newest first."""
    from edgerollout.cli.seen_releases import seen_releases

    tables, wanted = _tables(_settings(ctx)), _given(ctx, "env")
    name = wanted if isinstance(wanted, str) else next(iter(tables), None) if len(tables) == 1 else None
    root, sandbox = _folder(ctx).resolve().parent, bool(_given(ctx, "sandbox"))
    found = () if name is None else seen_releases(root, name, sandbox=sandbox)
    return _fitting((str(number) for number in found), incomplete)


def commands(incomplete: str) -> list[str]:
    """The commands that have an IAM policy."""
    from edgerollout.aws.permissions import COMMANDS

    return _fitting((*COMMANDS, "all"), incomplete)


def _fitting(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in dict.fromkeys(words) if word.startswith(incomplete)]


def _given(ctx: typer.Context, name: str) -> object:
    """What the user has typed for an option, before the command's name or after it."""
    values = (context.params.get(name) for context in (ctx, ctx.parent) if context is not None)
    found = next((value for value in values if value), None)
    return found[0] if isinstance(found, (list, tuple)) else found


def _folder(ctx: typer.Context) -> Path:
    from edgerollout.config.discovery import CONFIG, find_config
    from edgerollout.errors import UsageError

    named = _given(ctx, "config")
    try:
        return Path(str(named)) if named else find_config() or CONFIG
    except UsageError:
        return CONFIG


def _document(ctx: typer.Context, file: str) -> Mapping[str, Any]:
    from edgerollout.config.toml_text import parse_toml

    try:
        return parse_toml((_folder(ctx) / file).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return {}


def _settings(ctx: typer.Context) -> Mapping[str, Any]:
    return _document(ctx, "edgerollout.toml")


def _tables(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("environments")
    return found if isinstance(found, dict) else {}


def _headers(ctx: typer.Context) -> Iterator[tuple[str, str]]:
    policy = _document(ctx, "policy.toml")
    for table in (policy, *_tables(policy).values()):
        found = table.get("headers") if isinstance(table, dict) else None
        for name, held in found.items() if isinstance(found, dict) else ():
            value = held.get("value") if isinstance(held, dict) else held
            if isinstance(value, str):
                yield name.lower(), value


def _strings(value: object) -> list[str]:
    return [element for element in value if isinstance(element, str)] if isinstance(value, list) else []
