"""The handler test as a preflight of publish and promote: findings of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.errors import EdgerolloutError
from edgerollout.handlers.acceptance import run
from edgerollout.handlers.cases import cases
from edgerollout.handlers.code import FunctionCode
from edgerollout.policy.severity import Severity
from edgerollout.release.facts.bundle import pack
from edgerollout.release.facts.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from edgerollout.handlers.acceptance import CaseResult
    from edgerollout.policy.header_rules import ResponseEvent
    from edgerollout.release.facts.release import Release

RULE = "handler-test"
OVERRIDE = "test"
"""The word after `--override` to publish anyway."""

_NAMED = 3
"""The most cases named for one problem; `edgerollout test` shows all."""

_TOLD = 4
"""The most problems reported one by one."""

_LONGEST = 120
"""The most characters shown of a header value."""


def preflight_findings(
    files: Mapping[str, bytes], release: Release, event: ResponseEvent, urls: Iterable[str] = ()
) -> tuple[Finding, ...]:
    """Why a release's bundle would fail at the edge: one error for each problem, or ().

    Without an interpreter on this machine, the finding is a warning that nothing was tested.
    """
    try:
        report = run(
            code_of(pack(files, release), release), release.response(), cases(event, release.response(), urls)
        )
    except EdgerolloutError as error:
        message = f"the handler was not tested: {error}"
        return (Finding(Severity.WARNING, RULE, message, error.hint),)
    if report.init_failure is not None:
        return (_finding(f"the handler cannot be loaded: {report.init_failure.message}"),)
    first_text: dict[tuple[int, str], str] = {}
    where: dict[tuple[int, str], list[CaseResult]] = {}
    for result in report.failed:
        for key, text in _problems(result):
            first_text.setdefault(key, text)
            where.setdefault(key, []).append(result)
    told = [_finding(f"{first_text[key]} ({_names(where[key])})") for key in sorted(where)]
    if len(told) > _TOLD:
        told[_TOLD:] = [_finding(f"the handler has {len(told) - _TOLD} more problems")]
    return tuple(told)


def code_of(bundle: bytes, release: Release) -> FunctionCode:
    """A release's bundle as a function version for the edge."""
    facts = release.handler
    return FunctionCode(bundle, facts.entry, facts.runtime, float(facts.timeout), facts.memory)


def _problems(result: CaseResult) -> Iterator[tuple[tuple[int, str], str]]:
    """The problems of a case, the worst first: a key for the problem, and its message."""
    warm = "on a later call of a warm function, " if result.when_warm else ""
    if result.failure is not None:
        message = result.failure.message
        yield (0, message), f"{warm}the handler fails, visitors get a 503: {message}"
    for refusal in result.refusals:
        yield (1, refusal.log), f"{warm}CloudFront refuses the result, visitors get a 502: {refusal.log}"
    for mismatch in result.mismatches:
        wanted, got = _shown(mismatch.expected) or "none", _shown(mismatch.got) or "none"
        yield (2, mismatch.header), f"{warm}{mismatch.header}: expected {wanted}, got {got}"


def _shown(values: tuple[str, ...]) -> str:
    return " and ".join(
        f'"{value}"' if len(value) <= _LONGEST else f'"{value[:_LONGEST]}…"' for value in values
    )


def _names(where: list[CaseResult]) -> str:
    names = "; ".join(result.case.name for result in where[:_NAMED])
    more = len(where) - _NAMED
    return f"{names}; and {more} more" if more > 0 else names


def _finding(message: str) -> Finding:
    hint = advise("See every case with: ", CommandLine("test"))
    return Finding(Severity.ERROR, RULE, message, hint, override=OVERRIDE)
