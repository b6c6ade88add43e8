"""Every command that README and docs/ show is run, in the order of a story, against a sandbox.

The two tables are the whole of them: what is run, with its exit code, and what is not run, with the reason.
A command that the docs show and no table has fails a test; so does one that no page shows any more.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from tests.command_line import start
from tests.exits import check_exit
from tests.unit.docs.shown import PAGES, ROOT, shown_by

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sandbox

STORY = """
0  --version
0  --help
0  --install-completion
0  sandbox up
0  sandbox up --deploy-seconds 20
(0 sandbox up --deploy-seconds 0 --invalidation-seconds 0 --function-seconds 0

# A project begins. What is run in place of a command that is shown stands behind `=>`. A line that begins
# with `(` prepares the next ones and is shown nowhere; one that begins with spaces goes on from the last.
0  init => init new --nested --sandbox
0  init --account 123456789012 --alias testing=t.example.com
   => init one --nested --account 123456789012 --alias testing=t.example.com
0  init --add staging => init one --add staging --alias staging=staging.example.com
0  init -e testing -e production --account 123456789012
   --alias testing=testing.example.com --alias production=www.example.com
   => init two --nested -e testing -e production --account 123456789012
   --alias testing=testing.example.com --alias production=www.example.com
0  init --add staging => init two --add staging --alias staging.example.com
0  init -e production --alias www.example.com --from-live
   => init live --nested --sandbox -e production --alias www.example.com --from-live

# Nothing is live yet.
0  lint
0  lint -e staging
0  lint -o sarif
0  lint --fix
6  lint --csp "script-src 'self'"
6  lint --csp POLICY
0  build -e testing
0  build -e testing --out bundle.zip
0  test -e testing
0  test -e testing --junit report.xml
0  test --junit report.xml
0  test --event event.json
0  test --handler handler/nodejs
0  hashes --site dist
0  hashes --site dist --check
0  hashes --site dist --check -e testing
0  hashes --site dist --check -e production
0  hashes --site dist --write
0  externalise --site dist --out dist-csp
0  externalise --site out --out out-csp --base-path /docs/
   => externalise --site dist --out out-csp --base-path /docs/
0  preview --site dist
0  preview --site dist --enforce
0  preview --upstream http://localhost:5173
0  doctor -e testing
0  doctor -e testing -o json
0  doctor --contact
0  doctor -e testing --contact
0  doctor -e testing --oidc acme/site
0  doctor -e production --oidc acme/site
0  doctor --policy COMMAND => doctor --policy rollback
0  doctor --policy publish
0  doctor -e testing --policy publish
0  doctor -e testing --policy publish --create
0  doctor -e testing --policy advance
0  doctor -e production --policy publish
0  doctor -e production --policy rollback
0  terraform
0  terraform --snippet
0  terraform --snippet --owner edgerollout
0  terraform --snippet -e production
0  terraform --from-live => terraform imported --from-live
0  terraform --from-live --force => terraform imported --from-live --force
0  terraform --owner edgerollout --from-live => terraform other --owner edgerollout --from-live
0  terraform -e production --from-live => terraform third -e production --from-live
0  plan -e testing --create

# Testing.
0  publish -e testing --create
0  publish --create => publish --create -e testing
0  publish -e testing
0  publish -e testing --timeout 40m -o github
0  plan -e testing
0  plan -o json
0  plan --no-run
0  status -e testing
0  status -e testing --detailed-exitcode
0  status --detailed-exitcode
0  status --all
0  verify -e testing
0  verify -e testing --timeout 2m
0  wait -e testing
0  scan -e testing
0  test --live
0  preview --site dist --from-live -e testing
2  tour --site dist
2  tour --site dist -e testing
2  tour -e NAME => tour -e testing
2  tour -e testing
2  tour -e testing --candidate --write
2  tour -e testing --write
2  tour -e testing -o json
2  tour -e testing /contact
2  tour --evidence FILE => tour -e testing --evidence toured.json
6  tour -e production --reports reports.ndjson.gz => tour -e testing --reports reports.ndjson.gz
6  promote -e testing --enforce
(0 promote -e testing --enforce --override tour --override reporting --reason docs --no-verify
2  tour -e production --candidate --live --evidence tried.json
   => tour -e testing --candidate --live --evidence tried.json
0  advance -e testing => advance -e testing --no-tour
0  advance -e testing --timeout 40m => advance -e testing --timeout 40m --no-tour
0  prune -e testing --dry-run
0  prune -e testing --keep 3

# Staging.
0  plan -e staging --no-run -o markdown => plan -e staging --no-run -o markdown --create
0  plan -e NAME --no-run => plan -e staging --no-run --create
3  plan -e staging --detailed-exitcode => plan -e staging --detailed-exitcode --create
0  publish -e staging => publish -e staging --create
0  advance -e staging => advance -e staging --no-tour
0  promote -e staging
0  status -e staging
0  status -e staging -o json
0  history -e staging -o json
0  verify -e staging https://staging.example.com/app/
0  plan -e staging --out p.json
0  publish -e staging --plan p.json
6  promote -e staging --enforce
6  promote -e qa --enforce --override tour --reason "by hand"
   => promote -e staging --enforce --override tour --reason "by hand"
(0 promote -e staging --enforce --override tour --override reporting --reason docs --no-verify
0  publish -e NAME => publish -e staging
0  wait -e NAME => wait -e staging
0  advance -e NAME => advance -e staging --no-tour
0  advance -e staging --timeout 40m => advance -e staging --timeout 40m --no-tour

# Production, which takes over what staging enforces.
(0 -C old publish -e production --create
0  plan -e production --create --replace arn:aws:lambda:us-east-1:123456789012:function:old-headers
0  publish -e testing --create --replace ARN
   => plan -e production --create --replace arn:aws:lambda:us-east-1:123456789012:function:old-headers
0  publish -e production --create --replace arn:aws:lambda:us-east-1:123456789012:function:old-headers
0  publish -e production --evidence tried.json
(0 status -e staging -o json
0  promote -e production --dry-run
0  promote -e production --after-status staging.json
0  promote -e production
0  advance -e production --after-status FILE => advance -e production --after-status staging.json --no-tour
0  status -e production
0  history -e production
0  history -e production --limit 100
0  verify -e production
0  hashes --site dist --check --live -e production
2  tour -e production
2  tour -e production https://www.example.com/the-page --write
6  verify -e production https://www.example.com/
   --connect-to www.example.com:443:d111111abcdef8.cloudfront.net:443
   => verify -e production https://www.example.com/ --connect-to www.example.com:443:127.0.0.1:9
6  verify --connect-to www.example.com:443:d1.cloudfront.net:443
   => verify -e production --connect-to www.example.com:443:127.0.0.1:9
0  wait -e production
0  wait -e production --timeout 30m
0  test -e production --live
0  plan -e production --out plan.json -o markdown
0  publish -e production --plan plan.json
0  publish -e production
0  publish -e production --from-config
6  promote -e production --enforce --dry-run
6  promote -e production --enforce
6  promote -e production --enforce --override after --reason "image host missing, incident 4711"
0  scan https://www.example.com
0  scan www.example.com
6  scan https://www.example.com --min-grade A
6  scan https://www.example.com https://shop.example.com --min-grade A
0  scan https://www.example.com -e testing --release 42
   => scan https://www.example.com -e testing --release 1
0  scan --headers h.txt --url https://www.example.com
0  scan --headers headers.txt --url https://www.example.com --html page.html
0  scan --har session.har -o markdown

# The way back.
0  rollback -e testing
0  rollback -e NAME => rollback -e staging
0  rollback -e production
0  rollback -e production --to 41 => rollback -e production --to 1
0  rollback -e production --from 42 => rollback -e production --from 2
0  rollback --function security-headers => rollback --function security-headers-testing
0  rollback --function security-headers-production
0  publish --again => publish -e testing --again
0  detach -e testing
0  detach -e testing --timeout 30m
0  detach -e NAME => detach -e staging
0  detach --function security-headers => detach --function security-headers-testing
0  detach -e production
0  prune -e production
0  prune -e production --keep 0
0  prune --function security-headers => prune --function security-headers-production
0  publish -e production --no-swap => publish -e production --no-swap --again
   --replace arn:aws:lambda:us-east-1:123456789012:function:old-headers
0  sandbox down
"""
"""Exit code and command. `--sandbox` is added to all of them, and `--yes` where a question would be asked.

A tour is run as far as the browser, which is not there (exit code 2): tests/browser and tests/life go on.
"""

NOT_RUN = {
    "init --lock": "tests/functional/test_init_lock.py",
    "init --lock --force": "tests/functional/test_init_lock.py",
    "sandbox demo": "tests/sandbox/test_demo.py",
}
"""Commands that need a package index, or are a story of their own, and the test that runs them."""

OLD = """
[function]
name = "old-headers"
runtime = "python3.13"
handler = "handler/python"
role = "old-headers"
[environments.production]
account = "123456789012"
distributions = [{ alias = "www.example.com" }]
"""
"""Whose function is on the site before this project's."""

HEADERS = "HTTP/2 200\ncontent-type: text/html\nx-content-type-options: nosniff\n"
HAR = {
    "log": {
        "entries": [
            {
                "_resourceType": "document",
                "request": {"method": "GET", "url": "https://www.example.com/", "headers": []},
                "response": {
                    "status": 200,
                    "headers": [{"name": "content-type", "value": "text/html"}],
                    "content": {"mimeType": "text/html", "text": "<p>hi</p>"},
                },
            }
        ]
    }
}
REPORT = {
    "csp-report": {
        "document-uri": "https://testing.example.com/",
        "effective-directive": "font-src",
        "violated-directive": "font-src",
        "blocked-uri": "https://fonts.example.com/a.woff2",
        "disposition": "report",
        "original-policy": "default-src 'self'",
    }
}
EVENT = {
    "Records": [
        {
            "cf": {
                "config": {"eventType": "origin-response"},
                "request": {"method": "GET", "uri": "/", "headers": {}},
                "response": {"status": "200", "statusDescription": "OK", "headers": {}},
            }
        }
    ]
}


def plain(line: str) -> str:
    """A command as the tables have it: without what is added to all of them."""
    words = shlex.split(line.removeprefix("edgerollout "))
    return shlex.join(word for word in words if word not in {"--sandbox", "--yes"})


def story() -> Iterator[tuple[bool, int, str, str]]:
    """Of each line: whether the docs show it, its exit code, what is shown, what is run."""
    for line in STORY.replace("\n   ", " ").splitlines():
        if not line or line.startswith("#"):
            continue
        hidden = line.startswith("(")
        code, _, command = line.removeprefix("(").partition(" ")
        shown, _, run = command.strip().partition(" => ")
        yield not hidden, int(code), plain(shown), run or shown


def test_every_command_that_the_docs_show_is_run_or_has_a_reason_not_to_be() -> None:
    pages = [page for page in PAGES if page.name != "CHANGELOG.md"]
    shown = {plain(line) for page in pages for line in shown_by(page)}
    run = {command for visible, _, command, _ in story() if visible}
    left_out = {plain(item) for item in NOT_RUN}
    assert sorted(shown - run - left_out) == [], "add them to STORY or NOT_RUN"
    assert sorted((run | left_out) - shown) == [], "no page shows these any more"
    assert run & left_out == set()
    for command, file in NOT_RUN.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        assert all(f'"{word}"' in text for word in command.split()), (command, file)


READS = {"lint", "build", "test", "preview", "doctor", "plan", "tour", "status", "verify", "scan", "history"}
"""What changes nothing but files of its own: several run side by side."""


def lane(command: str, number: int) -> str | None:
    """Commands of one lane run in turn, those of others beside them. None: alone."""
    words = shlex.split(command)
    match words[0]:
        case "init":
            return words[1]
        case "terraform":
            return "terraform"
        case verb if verb in READS and "--fix" not in words:
            return str(number)
    return None


def side_by_side(commands: Iterator[tuple[int, str]]) -> Iterator[list[list[tuple[int, str]]]]:
    """The story in parts, each of it lanes: a part begins when the one before has ended."""
    part: dict[str, list[tuple[int, str]]] = {}
    for number, (code, command) in enumerate(commands):
        found = lane(command, number)
        if found is not None:
            part.setdefault(found, []).append((code, command))
            continue
        yield list(part.values())
        part = {}
        yield [[(code, command)]]
    yield list(part.values())


def _by_bash(command: str, folder: Path, variables: dict[str, str]) -> tuple[int, str]:
    """As bash runs it: it is the parent, whose settings a completion is for."""
    asked = ("bash", "-c", f"{command}; exit $?")
    ended = subprocess.run(asked, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


class Reader:
    """A folder with the sample project and what a reader's files are; the commands, typed there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("config", "handler"):
            copytree(ROOT / part, folder / part)
        (folder / "old").mkdir()
        (folder / "old" / "edgerollout.toml").write_text(OLD, encoding="utf-8")
        (folder / "old" / "policy.toml").write_text('[headers]\nx-frame-options = "DENY"\n', encoding="utf-8")
        (folder / "home").mkdir()
        (folder / "dist").mkdir()
        (folder / "dist" / "index.html").write_text("<p>hi</p>", encoding="utf-8")
        files = {
            "event.json": json.dumps(EVENT),
            "h.txt": HEADERS,
            "headers.txt": HEADERS,
            "page.html": "<p>hi</p>",
            "session.har": json.dumps(HAR),
            "reports.ndjson.gz": json.dumps(REPORT),
            "tried.json": "{}",
        }
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")

    def run(self, line: str) -> tuple[int, str]:
        words = shlex.split(line)
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "LANG": "C.UTF-8"}
        variables |= {"PIP_NO_INDEX": "1", "EDGEROLLOUT_BROWSER": "/not/there"}
        if words == ["--install-completion"]:
            return _by_bash(f"{shlex.quote(sys.executable)} -m edgerollout {line}", self.folder, variables)
        added = () if words[0] in {"sandbox", "--version", "--help", "init"} else ("--sandbox", "--yes")
        if words[0] == "preview":
            added = ("--port", "0", "--http", *(added if "--from-live" in words else ()))
        process = start(*words, *added, cwd=self.folder, env=variables)
        if words[0] == "preview":
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
        check_exit(words, process.wait())
        if line == "status -e staging -o json":
            (self.folder / "staging.json").write_text(out, encoding="utf-8")
        return process.wait(), out + err

    def told(self, commands: list[tuple[int, str]]) -> list[str]:
        """What ended differently than it should have, of commands that run in turn."""
        wrong = []
        for code, command in commands:
            ended, said = self.run(command)
            if ended != code:
                wrong.append(f"{ended} instead of {code}: {command}\n{said[-600:]}")
        return wrong


def test_the_commands_of_the_docs_do_what_they_are_shown_for(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    code, said = reader.run("sandbox up --deploy-seconds 0 --invalidation-seconds 0 --function-seconds 0")
    assert code == 0, said
    try:
        with ThreadPoolExecutor(4) as pool:
            for lanes in side_by_side((code, command) for _, code, _, command in story()):
                wrong = [words for told in pool.map(reader.told, lanes) for words in told]
                assert not wrong, "\n\n".join(wrong)
    finally:
        reader.run("sandbox down")
        # `init --sandbox` started one for the project that it made.
        reader.run("-C live/config sandbox down")
