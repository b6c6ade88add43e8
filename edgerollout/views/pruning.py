"""What a prune would delete, and why the rest stays: a line for each version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgerollout.views.document import Doc, Marker, Paragraph, Table, TableRow, Verdict
from edgerollout.views.ink import Style
from edgerollout.views.wording import count_words, size_words

if TYPE_CHECKING:
    from edgerollout.release.plans.pruning import JudgedVersion, PrunePlan


def pruning_document(plan: PrunePlan, *, against: str | None = None) -> Doc:
    """The versions. `against` names the endpoint, if it is not AWS."""
    where = f"account {plan.account}" + ("" if against is None else f", {against}")
    # Without a configuration the environment is named after the function.
    within = "" if plan.environment == plan.function else f" in {plan.environment}"
    columns = ("version", "published", "size", "action", "why")
    table = Table(columns, tuple(map(_row, plan.versions)), right=("size",))
    none = Paragraph("there are no versions", Style.MUTED)
    verdict = Verdict(pruning_summary(plan))
    policies = tuple(
        TableRow((policy.name, "delete", "on no behavior, not needed for a rollback"), Marker.REMOVED)
        for policy in plan.policies
    )
    own = (Table(("response headers policy", "action", "why"), policies),) if policies else ()
    versions = table if plan.versions else none
    return Doc(f"Prune {plan.function}{within} ({where})", (versions, *own), verdict)


def pruning_summary(plan: PrunePlan) -> str:
    """What will happen, in a sentence."""
    count = len(plan.deletions)
    if not plan.changes:
        return "Nothing to do: no version needs to be deleted."
    policies = count_words(len(plan.policies), "response headers policy", "response headers policies")
    if plan.policies and not count:
        return f"Will delete {policies}."
    if not count:
        return f"Will clear the marks of {count_words(len(plan.marks), 'version')} that are gone."
    whole = count_words(len(plan.versions), "version")
    also = f", and {policies}" if plan.policies else ""
    return f"Will delete {count} of {whole}, {size_words(plan.freed)} at most{also}."


def _row(judged: JudgedVersion) -> TableRow:
    version = judged.version
    published, size = f"{version.published_at:%Y-%m-%d}", size_words(version.size)
    cells = (f":{version.number}", published, size, _action(judged), judged.why)
    return TableRow(cells, *((Marker.REMOVED, None) if judged.deletes else (Marker.NONE, Style.MUTED)))


def _action(judged: JudgedVersion) -> str:
    return "delete" if judged.deletes else "spare"
