"""[function] and [environments.NAME.function]: the Lambda function an environment runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgerollout.config.runtimes import caution, refusal, successor
from edgerollout.policy.header_rules import RESPONSE_EVENTS, ResponseEvent
from edgerollout.policy.wording import did_you_mean, listed, printable
from edgerollout.release.facts.environment import FunctionSettings

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from edgerollout.config.section import Section

FUNCTION_KEYS = ("name", "runtime", "handler", "entry", "role", "event", "memory", "timeout")

_REQUIRED = {
    "name": 'for example name = "security-headers-{environment}"',
    "runtime": 'for example runtime = "python3.13"',
    "handler": 'for example handler = "handler/python"',
    "role": 'for example role = "edgerollout-{environment}"',
}
_WHAT = {"name": "function", "role": "role"}
_PLACEHOLDER = "{environment}"
_FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ROLE_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,64}")
_ENTRY = re.compile(r"(?P<module>[A-Za-z0-9_./-]+)\.(?P<function>[A-Za-z_$][A-Za-z0-9_$]*)")

# CloudFront's quota pages contradict each other for viewer events; the stricter limit always works.
_VIEWER_MEMORY = 128
_VIEWER_TIMEOUT = 5


def read_function(
    environment: str,
    own: Section | None,
    default: Section | None,
    top: Section,
    root: Path,
    today: dt.date | None,
) -> FunctionSettings | None:
    """The function of `environment`: its own table over the default table. None if a problem was noted.

    `root` is the folder that handler paths are relative to. A runtime near its end gets a warning if
    `today` is known.
    """
    return _Reader(environment, own, default, top, root, today).settings()


class _Reader:
    def __init__(
        self,
        environment: str,
        own: Section | None,
        default: Section | None,
        top: Section,
        root: Path,
        today: dt.date | None,
    ) -> None:
        self._environment = environment
        self._own = own
        self._default = default
        self._top = top
        self._root = root
        self._today = today

    def settings(self) -> FunctionSettings | None:
        name = self._named("name", _FUNCTION_NAME, "letters, digits, - and _, at most 64")
        role = self._named("role", _ROLE_NAME, "the role's name, not its ARN; at most 64 characters")
        runtime = self._runtime()
        entry = self._entry()
        handler = self._handler(runtime, entry)
        event = self._event()
        memory = self._number("memory", 128, 10_240, "MB")
        timeout = self._number("timeout", 1, 30, "seconds")
        if event == "viewer-response":
            self._check_viewer(memory, timeout)
        if name is None or role is None or runtime is None or entry is None or handler is None:
            return None
        return FunctionSettings(
            name=name,
            runtime=runtime,
            handler=handler,
            role=role,
            event=event or "origin-response",
            entry=entry,
            memory=memory or 128,
            timeout=timeout or 3,
        )

    def _section(self, key: str) -> Section:
        """The table that `key` is taken from; [function] if neither has it."""
        for section in (self._own, self._default):
            if section is not None and key in section:
                return section
        return self._default or self._own or self._top

    def _string(self, key: str) -> str | None:
        section = self._section(key)
        if key in section:
            return section.string(key)
        if key in _REQUIRED:
            self._top.file.missing(("function", key), _REQUIRED[key])
        return None

    def _number(self, key: str, low: int, high: int, unit: str) -> int | None:
        return self._section(key).integer(key, low, high, unit)

    def _named(self, key: str, grammar: re.Pattern[str], rule: str) -> str | None:
        text = self._string(key)
        if text is None:
            return None
        name = text.replace(_PLACEHOLDER, self._environment)
        if grammar.fullmatch(name):
            return name
        hint = f"the only placeholder is {_PLACEHOLDER}" if "{" in name or "}" in name else rule
        self._section(key).note(key, f'"{printable(name)}" cannot be a {_WHAT[key]} name', hint)
        return None

    def _runtime(self) -> str | None:
        text = self._string("runtime")
        if text is None:
            return None
        section = self._section("runtime")
        if (refused := refusal(text)) is not None:
            section.note("runtime", *refused)
            return None
        if self._today is not None and (told := caution(text, self._today)) is not None:
            section.file.warn(section.at("runtime"), *told)
        return text

    def _entry(self) -> str | None:
        section = self._section("entry")
        if "entry" not in section:
            return "index.handler"
        text = section.string("entry")
        if text is None or (_ENTRY.fullmatch(text) and ".." not in text and not text.startswith("/")):
            return text
        section.note("entry", f'"{printable(text)}" is not FILE.FUNCTION', 'for example "index.handler"')
        return None

    def _handler(self, runtime: str | None, entry: str | None) -> Path | None:
        text = self._string("handler")
        if text is None:
            return None
        folder = self._root / text
        section = self._section("handler")
        try:
            if not folder.is_dir():
                section.note(
                    "handler",
                    f'there is no folder "{printable(text)}" in {self._root}',
                    "paths start at the folder above the configuration",
                )
                return None
            if runtime is not None and entry is not None:
                self._check_entry_file(section, folder, runtime, entry)
            return folder.resolve()
        except OSError as error:
            section.note("handler", f"{printable(str(folder))} cannot be read: {error.strerror or error}")
            return None

    def _check_entry_file(self, section: Section, folder: Path, runtime: str, entry: str) -> None:
        module = entry.rpartition(".")[0]
        expected = _entry_files(module, runtime)
        if any((folder / name).is_file() for name in expected):
            return
        other = successor("node" if runtime.startswith("python") else "python")
        found = next((name for name in _entry_files(module, other) if (folder / name).is_file()), None)
        section.note(
            "handler",
            f"the folder holds no {listed(expected, 'or')}, which {runtime} needs for the entry {entry}",
            None if found is None else f'{found} is there: did you mean runtime = "{other}"?',
        )

    def _event(self) -> ResponseEvent | None:
        section = self._section("event")
        text = section.string("event")
        match text:
            case None | "origin-response" | "viewer-response":
                return text
            case _:
                section.note(
                    "event",
                    f'response headers cannot be set at "{printable(text)}"',
                    did_you_mean(text, RESPONSE_EVENTS) or f"use {listed(RESPONSE_EVENTS, 'or')}",
                )
                return None

    def _check_viewer(self, memory: int | None, timeout: int | None) -> None:
        if memory is not None and memory > _VIEWER_MEMORY:
            self._section("memory").note(
                "memory", f"viewer-response functions have {_VIEWER_MEMORY} MB, not {memory}", "leave it out"
            )
        if timeout is not None and timeout > _VIEWER_TIMEOUT:
            self._section("timeout").note(
                "timeout",
                f"viewer-response functions may run {_VIEWER_TIMEOUT} seconds, not {timeout}",
                f'at most timeout = {_VIEWER_TIMEOUT}, or event = "origin-response"',
            )


def _entry_files(module: str, runtime: str) -> tuple[str, ...]:
    suffixes = (".py",) if runtime.startswith("python") else (".mjs", ".js", ".cjs")
    return tuple(f"{module}{suffix}" for suffix in suffixes)
