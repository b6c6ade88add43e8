"""The gates of a promotion, for people and for documents: which are met, and what would meet the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.advice import spelled
from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.markdown import code, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgerollout.advice import Spell
    from edgerollout.release.checks.gates import Gate
    from edgerollout.views.glyphs import Glyphs


def gate_lines(gates: Sequence[Gate], glyphs: Glyphs, spell: Spell) -> Iterator[Line]:
    """A line a gate, and under one that is not met what would satisfy it."""
    for gate in gates:
        sign, style = _sign(gate, glyphs)
        yield Line(f"{sign} {gate.name}: {visible(gate.detail)}", style, hang=4)
        if gate.overridden is not None:
            yield Line(f"    set aside: {visible(gate.overridden)}", Style.WARNING, hang=6)
        elif not gate.passed:
            if gate.remedy is not None:
                yield Line(f"    next: {visible(spelled(gate.remedy, spell))}", hang=10)
            yield Line(f'    or set aside with: --override {gate.name} --reason "…"', Style.MUTED, hang=6)


def gates_markdown(gates: Sequence[Gate], spell: Spell) -> Iterator[str]:
    """The same as a list."""
    for gate in gates:
        sign = "✔" if gate.passed else "!" if gate.overridden is not None else "✖"
        yield f"- {sign} {code(gate.name)} {plain(gate.detail)}"
        if gate.overridden is not None:
            yield f"  - set aside: {plain(gate.overridden)}"
        elif not gate.passed and gate.remedy is not None:
            yield f"  - next: {plain(spelled(gate.remedy, spell))}"


def gate_json(gate: Gate, spell: Spell) -> dict[str, object]:
    """One gate as documents carry it."""
    return {
        "name": gate.name,
        "passed": gate.passed,
        "detail": gate.detail,
        "remedy": spelled(gate.remedy, spell),
        "overridden": gate.overridden,
    }


def _sign(gate: Gate, glyphs: Glyphs) -> tuple[str, Style]:
    if gate.passed:
        return glyphs.done, Style.GOOD
    if gate.overridden is not None:
        return glyphs.warning, Style.WARNING
    return glyphs.failed, Style.BAD
