"""A status as Markdown, for a job summary or a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.status_text import notes, policy_words, release_words

if TYPE_CHECKING:
    from edgerollout.release.status import Status


def status_markdown(status: Status) -> str:
    """The status as headings and one table a distribution."""
    lines = [f"### {status.environment}: {release_words(status)}", ""]
    policies = policy_words(status)
    if policies is not None:
        lines += [f"CSP: {policies}", ""]
    for one in status.distributions:
        lines += [
            f"**{one.name}** (`{one.id}`), {one.status}",
            "",
            "| behavior | release | state |",
            "|---|---|---|",
        ]
        for each in one.behaviors:
            release = each.foreign or each.version or "none"
            lines.append(f"| `{each.path}` | {release} | {each.state.value} |")
        lines.append("")
    lines += [f"> {note}" for note in notes(status)]
    return "\n".join(lines).rstrip("\n") + "\n"
