"""The folder for a project's sandbox files: `.edgerollout/sandbox/` in the project's root."""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import secrets
import stat
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from edgerollout.aws.credentials import SANDBOX_ACCOUNT, of_sandbox
from edgerollout.edge.authority import authority_folder, project_owner
from edgerollout.errors import EdgerolloutError, UsageError
from edgerollout.release.facts.fields import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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
class StateFile:
    """state.json: the process that runs the project's sandbox, and its address.

    `identity` is a token that only that process knows, so that another process on the same port or with the
    same process id is not mistaken for it. `started_at` is ISO 8601, UTC.
    """

    identity: str
    pid: int
    endpoint_url: str
    http_port: int
    https_port: int
    ca_file: str
    started_at: str


@dataclass(frozen=True)
class SandboxFolder:
    """The folder of one project's sandbox."""

    folder: Path

    @classmethod
    def of(cls, root: Path) -> SandboxFolder:
        """The sandbox folder of the project with this root."""
        return cls(root / ".edgerollout" / "sandbox")

    @property
    def state_file(self) -> Path:
        return self.folder / "state.json"

    @property
    def authority(self) -> Path:
        """The folder of the certificate authority, which is the user's and not in the project."""
        return authority_folder(project_owner(self.folder))

    @property
    def credentials_file(self) -> Path:
        """The secret access key, in AWS's own format: a profile for each account."""
        return self.folder / "credentials"

    @property
    def log_file(self) -> Path:
        return self.folder / "log"

    @contextlib.contextmanager
    def usable(self) -> Iterator[None]:
        """Raises UsageError when the folder cannot be written: it is read-only, full, or not a folder."""
        try:
            yield
        except OSError as error:
            raise UsageError(
                f"the sandbox cannot keep its files in {self.folder}",
                why=str(error),
                hint="Make that folder writable, or use a copy of the project in a writable folder.",
            ) from error

    def make(self) -> None:
        """Make the folder, for this user only, and keep it out of git.

        Raises UsageError when it is a link or belongs to another user: a repository may contain one.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.folder.parent, self.folder):
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
                raise UsageError(
                    f"the sandbox cannot keep its key in {self.folder}",
                    why=f"{folder} is a link or belongs to another user",
                    hint="Remove it; the sandbox makes its own.",
                )
        self.folder.chmod(0o700)
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")

    def read_state(self) -> StateFile | None:
        """The content of state.json; None when there is none, or it cannot be read."""
        try:
            document = parse_json(self.state_file.read_bytes())
        except (OSError, ValueError):
            return None
        match document:
            case {
                "identity": str(identity),
                "pid": int(pid),
                "endpoint_url": str(endpoint_url),
                "http_port": int(http_port),
                "https_port": int(https_port),
                "ca_file": str(ca_file),
                "started_at": str(started_at),
            }:
                return StateFile(identity, pid, endpoint_url, http_port, https_port, ca_file, started_at)
            case _:
                return None

    def read_secret(self) -> str | None:
        """The secret access key of the sandbox that was started last; None when it cannot be read."""
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(self.credentials_file.read_text(encoding="utf-8"))
            return parser.get("default", "aws_secret_access_key")
        except (OSError, ValueError, configparser.Error):
            return None

    def write_credentials(self, secret: str, accounts: Iterable[str]) -> None:
        """Write the credentials file."""
        keys = {account: of_sandbox(account, secret) for account in accounts}
        first = next(iter(keys.values()), of_sandbox(SANDBOX_ACCOUNT, secret))
        text = "".join(
            f"[{profile}]\naws_access_key_id = {key.access_key}\naws_secret_access_key = {key.secret_key}\n"
            for profile, key in {"default": first, **keys}.items()
        )
        _write_private(self.credentials_file, text)

    def write_state(self, state: StateFile) -> None:
        """Write state.json."""
        _write_private(self.state_file, json.dumps(asdict(state), indent=2))

    def forget(self, identity: str) -> None:
        """Remove state.json and the key if they are still that process's."""
        state = self.read_state()
        if state is None or state.identity == identity:
            self.state_file.unlink(missing_ok=True)
            self.credentials_file.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self, clock: Clock, seconds: float) -> Iterator[None]:
        """Hold the lock for starting or stopping this sandbox. The lock ends with its process.

        Raises EdgerolloutError when another process holds it for longer than `seconds`.
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


def _write_private(file: Path, text: str) -> None:
    """Write it completely or not at all, readable only by this user."""
    new = file.with_suffix(f".{secrets.token_hex(8)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    new.replace(file)


def _locked(descriptor: int) -> bool:
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
