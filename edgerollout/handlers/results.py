"""The results of starting a handler and of calling it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FailureKind = Literal["init", "exception", "timeout", "invalid response"]
"""The kind of failure.

`init`: the module or its entry could not be loaded. `exception`: the handler raised, rejected, or
took its process down. `timeout`: it was stopped at the function's timeout. `invalid response`: what
it returned is not JSON, which Lambda cannot pass on.
"""


@dataclass(frozen=True)
class Started:
    """The worker loaded the handler. `duration_ms` is the module's own loading time.

    `interpreter` is what runs here instead of the Lambda runtime: `Python 3.11.9`, `Node.js 22.12.0`.
    """

    duration_ms: float
    logs: tuple[str, ...]
    interpreter: str = ""


@dataclass(frozen=True)
class HandlerResult:
    """The handler returned. `value` is its result, read back from JSON; CloudFront may still refuse it."""

    value: object
    duration_ms: float
    logs: tuple[str, ...]


@dataclass(frozen=True)
class HandlerFailure:
    """The handler did not return anything usable.

    `message` is one line; `trace` is the handler's own stack, innermost frame last in Python and
    first in Node.js, as each runtime prints it; `logs` are the lines it printed until then.
    """

    kind: FailureKind
    message: str
    trace: tuple[str, ...]
    duration_ms: float
    logs: tuple[str, ...]


HandlerOutcome = HandlerResult | HandlerFailure
