"""Where a project's sandbox keeps its files: `.edgerollout/sandbox/` in the project's root."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from edgerollout.errors import EdgerolloutError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgerollout.clock import Clock

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Ports:
    """The three ports of a sandbox: AWS's endpoint, the edge's HTTP and TLS. 0 is any free one."""

    endpoint: int = 0
    http: int = 0
    https: int = 0


@dataclass(frozen=True)
class State:
    """state.json: which process runs the project's sandbox, and where it answers.

    `identity` is a token that only that process knows, so that another one on the same port or with
    the same process id is not taken for it. `started_at` is ISO 8601, UTC.
    """

    identity: str
    pid: int
    endpoint_url: str
    http_port: int
    https_port: int
    started_at: str


@dataclass(frozen=True)
class Place:
    """The folder of one project's sandbox."""

    folder: Path

    @classmethod
    def of(cls, root: Path) -> Place:
        """The place of the project whose root this is."""
        return cls(root / ".edgerollout" / "sandbox")

    @property
    def state_file(self) -> Path:
        return self.folder / "state.json"

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def log_file(self) -> Path:
        return self.folder / "log"

    @contextlib.contextmanager
    def usable(self) -> Iterator[None]:
        """Raises UsageError when the folder takes no files: read-only, full, or something else is there."""
        try:
            yield
        except OSError as error:
            raise UsageError(
                f"the sandbox cannot keep its files in {self.folder}",
                why=str(error),
                hint="Make that folder writable, or use a copy of the project where one may write.",
            ) from error

    def make(self) -> None:
        """Make the folder, for this user alone, and keep it out of git."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    def read_state(self) -> State | None:
        """What state.json says; None when there is none, or none that can be read."""
        try:
            document = json.loads(self.state_file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        match document:
            case {
                "identity": str(identity),
                "pid": int(pid),
                "endpoint_url": str(endpoint_url),
                "http_port": int(http_port),
                "https_port": int(https_port),
                "started_at": str(started_at),
            }:
                return State(identity, pid, endpoint_url, http_port, https_port, started_at)
            case _:
                return None

    def write_state(self, state: State) -> None:
        """Write state.json whole or not at all, readable by this user alone."""
        new = self.state_file.with_suffix(f".{state.identity}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(state), file, indent=2)
        new.replace(self.state_file)

    def forget(self, identity: str) -> None:
        """Remove state.json if it still speaks of that process."""
        state = self.read_state()
        if state is None or state.identity == identity:
            self.state_file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self, clock: Clock, seconds: float) -> Iterator[None]:
        """Be the only one who starts or stops this sandbox. The lock ends with its process.

        Raises EdgerolloutError when another has it for longer than `seconds`.
        """
        self.make()
        deadline = clock.monotonic() + seconds
        with (self.folder / "lock").open("a") as file:
            while not _locked(file.fileno()):
                if clock.monotonic() > deadline:
                    raise EdgerolloutError(
                        "another edgerollout is starting or stopping this sandbox and does not end",
                        why=f"it holds {self.folder / 'lock'} for more than {seconds:g} seconds",
                        hint="end that process, then repeat",
                    )
                clock.sleep(_POLL_SECONDS)
            yield


def _locked(descriptor: int) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
