"""What a prune would delete and why the rest stays: a line a version, as text and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.ink import Line, Style, visible
from edgerollout.views.markdown import plain
from edgerollout.views.wording import count_words, size_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.release.plans.pruning import JudgedVersion, PrunePlan


def pruning_lines(plan: PrunePlan, *, against: str | None = None) -> tuple[Line, ...]:
    """The table for people. `against` is what was asked instead of AWS, in words."""
    return tuple(_lines(plan, against))


def pruning_summary(plan: PrunePlan) -> str:
    """What will happen, in a sentence."""
    count = len(plan.deletions)
    if not plan.changes:
        return "Nothing to do: no version is to be deleted."
    if not count:
        return f"Will clear the marks of {count_words(len(plan.marks), 'version')} that are gone."
    whole = count_words(len(plan.versions), "version")
    return f"Will delete {count} of {whole}, {size_words(plan.freed)} at most."


def pruning_markdown(plan: PrunePlan) -> str:
    """The table for a pull request or a job summary."""
    return "\n".join(
        (
            f"## Prune {plain(plan.function)}",
            "",
            f"**{pruning_summary(plan)}**",
            "",
            "| version | published | size | | why |",
            "|---|---|---|---|---|",
            *(_row(one) for one in plan.versions),
            "",
        )
    )


def _row(one: JudgedVersion) -> str:
    version = one.version
    return (
        f"| {version.number} | {version.published_at:%Y-%m-%d} | {size_words(version.size)} | {_action(one)}"
        f" | {plain(one.why)} |"
    )


def _lines(plan: PrunePlan, against: str | None) -> Iterator[Line]:
    where = f"account {plan.account}" + ("" if against is None else f", {against}")
    # Without a configuration the function's name stands for the environment's.
    within = "" if plan.environment == plan.function else f" in {visible(plan.environment)}"
    yield Line(f"Prune {visible(plan.function)}{within} ({where})", Style.STRONG)
    yield Line("")
    numbers = max((len(str(one.version.number)) for one in plan.versions), default=0)
    sizes = max((len(size_words(one.version.size)) for one in plan.versions), default=0)
    for one in plan.versions:
        mark, style = ("-", Style.REMOVED) if one.deletes else (" ", Style.MUTED)
        size = size_words(one.version.size)
        lead = (
            f"  {mark} :{one.version.number:<{numbers}}  {one.version.published_at:%Y-%m-%d}"
            f"  {size:>{sizes}}  {_action(one):<6}  "
        )
        yield Line(lead + visible(one.why), style, hang=len(lead), lead=len(lead))
    if not plan.versions:
        yield Line("    there are no versions", Style.MUTED)
    yield Line("")
    yield Line(pruning_summary(plan), Style.STRONG)


def _action(one: JudgedVersion) -> str:
    return "delete" if one.deletes else "spare"
