""".github/workflows/edgerollout.yml of a new project: the pipeline that promotes its policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edgerollout.scaffold.lock import LOCK_FILE, PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.scaffold.answers import InitAnswers

_HEAD = """\
# Security headers, rolled out by edgerollout.
#
# A pull request shows what becomes of the headers. After a merge, and once a day, every environment takes the
# steps that are due (edgerollout advance). What waits for its time is no failure; what somebody has to see to
# fails the job of its environment. A merge neither stops nor restarts what soaks further on.
#
# Once, by hand:
# - commit tools/: edgerollout's wheel, and the lock of all that is installed here. Where init could not make
#   it, `edgerollout init --lock` does; after an upgrade of edgerollout say --force beside it;
# - for each environment a GitHub environment of its name (reviewers make it ask), with the variable
#   EDGEROLLOUT_ROLE, the ARN of a role that trusts GitHub's OIDC provider for
#   `repo:OWNER/REPO:environment:NAME` (edgerollout doctor --oidc);
# - in each: Settings > Environments > NAME > Deployment branches and tags > "Selected branches", `main`
#   alone, and `main` a protected branch. Without that rule whoever may push any branch writes a workflow
#   there that gets the role;
# - the first publish of each, with --create, from a terminal.
name: security headers

on:
  pull_request:
    paths: {paths}
  push:
    branches: [main]
    paths: {paths}
  schedule:
    - cron: "23 5 * * *"
  workflow_dispatch:

permissions:
  contents: read

jobs:
  # The code of a pull request may be anybody's: it runs here, where there are no credentials, and none can
  # be had. What AWS has to say comes after the merge.
  test:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        environment: {environments}
    env:
      EDGEROLLOUT_ENV: ${{{{ matrix.environment }}}}
    steps:
{setup}
      - name: What becomes of the headers
        run: |
          cd "$RUNNER_TEMP"
          # A directive a line, so that the difference names what changed in a policy.
          headers() {{
            edgerollout build -C "$GITHUB_WORKSPACE/$1" > "$2"
            sed -i 's/; /;\\n    /g; $d' "$2"
          }}
          headers {config} after
          headers base/{config} before || true # no such configuration yet
          if diff -U 100 before after > change; then
            echo "$EDGEROLLOUT_ENV: headers and handler stay as they are."
          else
            printf '%s\\n' "### $EDGEROLLOUT_ENV" '````diff' "$(tail -n +4 change)" '````'
          fi >> "$GITHUB_STEP_SUMMARY"
      - name: Lint
        run: edgerollout lint{option} -e "$EDGEROLLOUT_ENV" -o github
      - name: Test
        run: edgerollout test{option}
"""

# The commits of these tags: a tag can be moved to other code, a commit cannot.
_CHECKOUT = "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2"
_PYTHON = "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0"
_CREDENTIALS = "aws-actions/configure-aws-credentials@b47578312673ae6fa5b5096b330d9fbac3d116df # v4.2.1"
_UPLOAD = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2"
_DOWNLOAD = "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093 # v4.3.0"

_CHECKED_OUT = f"""\
      - uses: {_CHECKOUT}
        with:
          persist-credentials: false
"""

_BASE = f"""\
      - uses: {_CHECKOUT}
        with:
          ref: ${{{{ github.event.pull_request.base.sha }}}}
          path: base
          persist-credentials: false
"""

_INSTALL = f"""\
      - uses: {_PYTHON}
        with:
          python-version: "{PYTHON}"
      - run: pip install --require-hashes -r {LOCK_FILE}"""

_BROWSER = """
      - run: python -m playwright install --with-deps chromium"""

_AWS = f"""
      - uses: {_CREDENTIALS}
        with:
          role-to-assume: ${{{{ vars.EDGEROLLOUT_ROLE }}}}
          aws-region: us-east-1"""

_UNFINISHED = "steps.{step}.outputs.result == 'in-progress'"

# Credentials are valid for an hour, and one command may take that long.
_ADVANCE = """\
      - name: {name}
        id: {step}
        run: |
          edgerollout advance{words} \\
            --yes --timeout 40m -o github || test $? = 5 # that is waited for
      - uses: {credentials}{condition}
        with:
          role-to-assume: ${{{{ vars.EDGEROLLOUT_ROLE }}}}
          aws-region: us-east-1
      - name: {name}, the rest
        if: {unfinished}
        run: edgerollout wait{wait} --yes --timeout 40m -o github
"""

_JOB = """
  {job}:
    {condition}
    runs-on: ubuntu-latest
    environment: {name}
    permissions:
      contents: read
      id-token: write # AWS credentials by OIDC; no secret is kept anywhere
    concurrency: edgerollout-{name} # one run at a time; edgerollout itself guards with ETags
    outputs:
      stands: ${{{{ steps.stands.outcome }}}}
    steps:
{setup}
      - run: rm -rf .edgerollout # evidence is what this run sees, not a file that was there
{before}{advances}      # A gate that somebody has to see to fails this job, and no other.
      - name: Where it stands goes to the next environment, and nothing else
        id: stands
        if: >-
          success() || {unmet}
        run: |
          mkdir -p .edgerollout
          edgerollout status{config} -e {name} -o json > .edgerollout/status-{name}.json
      - uses: {upload}
        if: ${{{{ !cancelled() && steps.stands.outcome == 'success' }}}}
        with:
          name: edgerollout-status-{name}
          path: .edgerollout/status-{name}.json
          include-hidden-files: true
          overwrite: true
"""

_STEPS = {"first": "Advance", "second": "Advance once more"}

_AFTER = """\
needs: to-{0}
    if: ${{{{ !cancelled() && needs.to-{0}.outputs.stands == 'success' }}}}"""

_BEFORE = """\
      - uses: {download}
        with:
          name: edgerollout-status-{after}
          path: .edgerollout
"""


def workflow_text(answers: InitAnswers, *, config: str, handler: str) -> str:
    """The whole file. `config` and `handler` are the project's folders, relative to the repository's root."""
    return "".join(_parts(answers, config, handler))


def with_environment(text: str, names: tuple[str, ...], name: str, *, config: str) -> str | None:
    """A workflow of the environments `names` with another one after them; every other line stays.

    None where the workflow was changed at the places that have to be edited.
    """
    tested, last = (f"environment: {json.dumps(list(item))}\n" for item in (names, (*names, name)))
    if text.count(tested) != 1 or f"\n  to-{names[-1]}:\n" not in text or f"\n  to-{name}:\n" in text:
        return None
    return text.replace(tested, last).rstrip("\n") + "\n" + _job(name, names[-1], _option(config))


def _option(config: str) -> str:
    return "" if config == "config" else f" -C {config}"


def _parts(answers: InitAnswers, config: str, handler: str) -> Iterator[str]:
    option = _option(config)
    yield _HEAD.format(
        paths=json.dumps([f"{config}/**", f"{handler}/**", f"{LOCK_FILE.parent}/**"]),
        environments=json.dumps(list(answers.names)),
        setup=_CHECKED_OUT + _BASE + _INSTALL,
        config=config,
        option=option,
    )
    after: str | None = None
    for name in answers.names:
        yield _job(name, after, option)
        after = name


def _job(name: str, after: str | None, option: str) -> str:
    """The job of an environment; `option` names the configuration folder where that is necessary."""
    return _JOB.format(
        job=f"to-{name}",
        condition="if: github.event_name != 'pull_request'" if after is None else _AFTER.format(after),
        name=name,
        setup=_CHECKED_OUT + _INSTALL + _BROWSER + _AWS,
        upload=_UPLOAD,
        before="" if after is None else _BEFORE.format(after=after, download=_DOWNLOAD),
        config=option,
        advances="".join(_advances(f"{option} -e {name}", after)),
        unmet="\n          || ".join(f"steps.{step}.outputs.result == 'unmet-gates'" for step in _STEPS),
    )


def _advances(words: str, after: str | None) -> Iterator[str]:
    """Two steps in each run: observe what is new; enforce what was observed."""
    seen = "" if after is None else f" --after-status .edgerollout/status-{after}.json"
    first = True
    for step, name in _STEPS.items():
        unfinished = _UNFINISHED.format(step=step)
        yield _ADVANCE.format(
            name=name,
            step=step,
            words=words + seen,
            wait=words,
            credentials=_CREDENTIALS,
            # The second step may take an hour, too.
            condition="" if first else f"\n        if: {unfinished}",
            unfinished=unfinished,
        )
        first = False
