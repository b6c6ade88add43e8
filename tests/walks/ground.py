"""The ground that walks go over: two environments of one account, their files, and commands as processes.

`testing` has two distributions, of which the second is named only where `Wanted.both` says so; `staging` has
one and comes after testing. Time stands still unless it is moved on.
"""

from __future__ import annotations

import itertools
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.functional.project import Result
from tests.worst_day.world import SESSION_SECRET, Account

from .edge import Headers, HonestSite, ServingEdge

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_line import Command
    from tests.worst_day.world import World

    from .traffic import Traffic, Turn

ENVIRONMENTS = ("testing", "staging")
CSP = (
    {"default-src": ["'self'"]},
    {"default-src": ["'self'"], "img-src": ["'self'", "data:"]},
    {"default-src": ["'none'"], "script-src": ["'self'"], "img-src": ["'self'"]},
    {"default-src": ["'self'"], "script-src": ["'self'", "https://cdn.example"]},
)
"""Policies, wider and narrower ones."""
HEADERS = (
    {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"},
    {"x-content-type-options": "nosniff", "referrer-policy": "origin", "x-frame-options": "DENY"},
    {"x-content-type-options": "nosniff"},
)
EVENTS = ("origin-response", "viewer-response")
API = "/api/*"
_tokens = itertools.count(1)


@dataclass(frozen=True)
class Wanted:
    """What the project's files ask for."""

    csp: int = 0
    headers: int = 0
    overlay: bool = False
    handler: int = 0
    event: str = EVENTS[0]
    memory: int = 128
    exclude: bool = False
    """Is the path of testing's first distribution that is not the default left alone?"""
    both: bool = True

    def policy(self, environment: str) -> dict[str, frozenset[str]]:
        """The environment's CSP as the files give it: directive → sources."""
        made = {name: set(sources) for name, sources in CSP[self.csp].items()}
        if self.overlay:
            made.setdefault("connect-src", set()).add(f"https://api.{environment}.example")
        return {name: frozenset(sources) for name, sources in made.items()}

    def policy_text(self) -> str:
        text = "[headers]\n"
        text += "".join(f'{name} = "{value}"\n' for name, value in HEADERS[self.headers].items())
        text += "\n[csp]\n"
        text += "".join(
            f"{name} = [{', '.join(f'{chr(34)}{source}{chr(34)}' for source in sources)}]\n"
            for name, sources in CSP[self.csp].items()
        )
        if self.overlay:
            for name in ENVIRONMENTS:
                text += f'\n[environments.{name}.csp]\nconnect-src = ["https://api.{name}.example"]\n'
        return text


class Ground(Account):
    """An account with its project folder."""

    def __init__(self, world: World, traffic: Traffic, folder: Path) -> None:
        super().__init__(world, folder)
        self.traffic = traffic
        self.wanted = Wanted()
        self.first = self.add_distribution(paths=(API,))
        self.second = self.add_distribution(f"second-{self.alias}", paths=())
        self.staging = self.add_distribution(f"staging-{self.alias}", paths=())
        self.handler_source = (folder / "handler" / "python" / "index.py").read_text(encoding="utf-8")
        self.write_files()

    def function_of(self, environment: str) -> str:
        return f"headers-{self.account}-{environment}"

    def named(self, environment: str) -> tuple[str, ...]:
        """The distributions that the configuration names."""
        if environment == "staging":
            return (self.staging,)
        return (self.first, self.second) if self.wanted.both else (self.first,)

    def may_have(self, environment: str) -> tuple[str, ...]:
        """The distributions that the configuration names now, or did."""
        return (self.staging,) if environment == "staging" else (self.first, self.second)

    def excluded(self, environment: str, distribution: str) -> frozenset[str]:
        alone = self.wanted.exclude and environment == "testing" and distribution == self.first
        return frozenset({API}) if alone else frozenset()

    def edit(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.write_files()

    def write_files(self, folder: Path | None = None, wanted: Wanted | None = None) -> None:
        """Write the project's files, into another folder where it says so."""
        wanted, folder = wanted or self.wanted, folder or self.folder
        aliases = [self.alias, f"second-{self.alias}"] if wanted.both else [self.alias]
        named = ", ".join(f'{{ alias = "{alias}" }}' for alias in aliases)
        settings = f"""\
default = "testing"

[function]
name = "headers-{self.account}-{{environment}}"
runtime = "python3.13"
handler = "handler/python"
role = "role-{self.account}-{{environment}}"
event = "{wanted.event}"
memory = {wanted.memory if wanted.event == EVENTS[0] else 128}

[environments.testing]
account = "{self.account}"
distributions = [{named}]
urls = ["http://{self.alias}/"]
exclude = [{f'"{API}"' if wanted.exclude else ""}]
gates = {{ soak = "7d", tour = false }}

[environments.staging]
account = "{self.account}"
distributions = [{{ alias = "staging-{self.alias}" }}]
after = "testing"
gates = {{ soak = "7d", tour = false }}
"""
        source = self.handler_source + f"\n# {wanted.handler}\n"
        for name, text in (
            ("config/edgerollout.toml", settings),
            ("config/policy.toml", wanted.policy_text()),
            ("handler/python/index.py", source),
        ):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def put_back(self) -> None:
        super().put_back()
        self.site.broken.clear()
        self.edit(self._files)

    def remember(self) -> None:
        super().remember()
        self._files = self.wanted

    @property
    def edge(self) -> ServingEdge:
        assert isinstance(self.world.edge, ServingEdge)
        return self.world.edge

    @property
    def site(self) -> HonestSite:
        assert isinstance(self.world.site, HonestSite)
        return self.world.site

    # --- commands ----------------------------------------------------------------------------------------

    def begin(self, *arguments: str, turn: Turn | None = None, folder: Path | None = None) -> Command:
        """Start a command whose calls AWS can tell from those of any other; `turn` meets each of them."""
        token = f"{SESSION_SECRET}-{next(_tokens)}"
        if turn is not None:
            self.traffic.meet(token, turn)
        elsewhere = _Elsewhere(self, folder or self.folder, token)
        command = elsewhere.start(*arguments)
        if turn is not None:
            turn.known(command.pid)
        return command

    def ended(self, command: Command) -> Result:
        out, err = command.communicate(timeout=600)
        return Result(command.returncode or 0, out, err)

    def go(self, *arguments: str, turn: Turn | None = None, folder: Path | None = None) -> Result:
        """Run a command to its end."""
        return self.ended(self.begin(*arguments, turn=turn, folder=folder))

    def desk(self, folder: Path, wanted: Wanted) -> Path:
        """A colleague's checkout of the project, with other files."""
        if not folder.exists():
            shutil.copytree(self.folder, folder)
        self.write_files(folder, wanted)
        return folder

    def invalidated_for(self, distribution: str) -> str | None:
        """The release that our newest invalidation of a distribution names."""
        listed = self.cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"]
        for item in listed.get("Items", []):
            found = self.cloudfront.get_invalidation(DistributionId=distribution, Id=item["Id"])
            word, _, rest = found["Invalidation"]["InvalidationBatch"]["CallerReference"].partition("-")
            if word == "edgerollout":
                return str(rest.partition("-")[0])
        return None

    # --- what responses carry ----------------------------------------------------------------------------

    def sent_by(self, version: str) -> Headers:
        """The headers that a version (`function:number`) gives every response."""
        return self.edge.sent_by(version)

    def pass_time(self, seconds: float) -> None:
        self.server.plane.advance(seconds)

    def foreign_client(self, service: str, turn: Turn) -> Any:
        """A client whose calls `turn` meets."""
        token = f"{SESSION_SECRET}-{next(_tokens)}"
        self.traffic.meet(token, turn)
        return self.client(service, token)


@dataclass
class _Elsewhere:
    """The same project in another folder, or with another session."""

    ground: Ground
    folder: Path
    token: str
    extra: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str) -> Command:
        from tests.command_line import start

        variables = {**self.ground.variables, "AWS_SESSION_TOKEN": self.token}
        where = ("--endpoint-url", self.ground.server.endpoint_url)
        return start(*where, *arguments, cwd=self.folder, env=variables)
