"""The exit codes of each command, for its page: only codes with a special meaning there.

0, 1, 2 and 130 are the same everywhere (docs/exit-codes.md) and are not repeated.
"""

from __future__ import annotations

from edgerollout.errors import ExitCode

_ACTS = {
    ExitCode.CONFLICT: "somebody else changed what this run was changing",
    ExitCode.IN_PROGRESS: "time ran out, CloudFront goes on; `edgerollout wait` finishes it",
    ExitCode.REFUSED: "refused before anything was changed; the output says why",
}
_CHECKED = {
    ExitCode.NOT_RIGHT: "all is live, and the site is wrong or cannot be checked",
}
_TAKES_BACK = {
    ExitCode.ROLLED_BACK: "the site was wrong afterwards; what this run changed is taken back",
    ExitCode.NEEDS_PERSON: "taking it back failed; the output says what to do",
}

CODES: dict[str, dict[ExitCode, str]] = {
    "init": {},
    "doctor": {ExitCode.REFUSED: "something forbids a publish, or with `--contact` AWS differs"},
    "sandbox": {},
    "lint": {ExitCode.REFUSED: "there is an error; with `--strict` also for a warning"},
    "hashes": {
        ExitCode.REFUSED: "with `--check` or `--write`: the policy blocks inline code of the build;"
        " with `--live`: nothing is live"
    },
    "test": {ExitCode.REFUSED: "a case failed"},
    "preview": {},
    "plan": {
        ExitCode.CHANGES: "with `--detailed-exitcode`: something would change",
        ExitCode.CONFLICT: "behaviors carry different releases: an earlier run stopped half-way",
        ExitCode.REFUSED: "`publish` would be refused; the findings say why",
    },
    "publish": _ACTS | _TAKES_BACK | _CHECKED,
    "wait": _ACTS | _CHECKED,
    "tour": {ExitCode.REFUSED: "the policy would break something, or a page is incomplete"},
    "promote": _ACTS | _TAKES_BACK | _CHECKED,
    "advance": _ACTS | _TAKES_BACK | _CHECKED,
    "status": {ExitCode.CHANGES: "with `--detailed-exitcode`: there is drift"},
    "verify": {ExitCode.REFUSED: "a response is not as the release says"},
    "history": {},
    "scan": {ExitCode.REFUSED: "a grade is below `--min-grade`, or a URL gave nothing to grade"},
    "rollback": _ACTS | _CHECKED,
    "detach": _ACTS,
    "build": {ExitCode.REFUSED: "the bundle is larger than Lambda@Edge takes"},
    "externalise": {},
    "terraform": {},
    "prune": {
        ExitCode.IN_PROGRESS: "credentials ran out after something was deleted; run it again",
        ExitCode.REFUSED: "refused before anything was deleted",
    },
}
