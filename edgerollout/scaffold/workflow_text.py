""".github/workflows/edgerollout.yml of a new project: the train that its policies travel with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgerollout.scaffold.answers import Answers

_HEAD = """\
# Security headers, rolled out by edgerollout.
#
# A pull request shows what would change. After a merge, and once a day, every environment moves as far
# as its gates let it; where one is not met, that is a notice and the next run tries again. A merge
# neither stops nor restarts what soaks further on.
#
# Once, by hand:
# - the wheel: `pip wheel . --no-deps` in a checkout of edgerollout, kept under tools/;
# - for each environment a GitHub environment of its name (reviewers make it ask), and one called
#   NAME-plan whose role may only read; in both the variable EDGEROLLOUT_ROLE, the ARN of a role that
#   trusts GitHub's OIDC provider for `repo:OWNER/REPO:environment:NAME`;
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
  id-token: write # AWS credentials by OIDC; no secret is kept anywhere

jobs:
  plan:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        environment: {environments}
    environment: ${{{{ matrix.environment }}}}-plan
    steps:
{setup}
      - name: Plan
        env:
          EDGEROLLOUT_ENV: ${{{{ matrix.environment }}}}
        run: edgerollout plan{config} -o markdown >> "$GITHUB_STEP_SUMMARY"
"""

_SETUP = """\
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
{install}
      - uses: aws-actions/configure-aws-credentials@v6
        with:
          role-to-assume: ${{{{ vars.EDGEROLLOUT_ROLE }}}}
          aws-region: us-east-1"""

_INSTALL = "      - run: pip install tools/edgerollout-{version}-py3-none-any.whl"

_INSTALL_TOUR = """\
      - run: pip install 'tools/edgerollout-{version}-py3-none-any.whl[tour]'
      - run: python -m playwright install --with-deps chromium"""

_JOB = """
  {job}:
    {condition}
    runs-on: ubuntu-latest
    environment: {name}
    concurrency: edgerollout-{name} # one run at a time; edgerollout itself guards with ETags
    steps:
{setup}
{before}      - name: Roll out
        run: |
          # A gate that is not met yet may wait for the next run; any other refusal fails the job.
          waits_for_gates() {{ [ "$(grep '^result=' "$GITHUB_OUTPUT" | tail -n 1)" = result=unmet-gates ]; }}
          step() {{
            code=0
            echo "result=" >> "$GITHUB_OUTPUT" # so that no earlier command's result is taken for this one's
            edgerollout "$@"{config} -e {name} --yes --timeout 40m -o github || code=$?
            case "$code $1" in
              "0 "*) ;;
              "5 "*) edgerollout wait{config} -e {name} --yes --timeout 40m -o github ;;
              "6 "*)
                if ! waits_for_gates; then exit "$code"; fi
                echo "::notice::{name}: not promoted yet, the log says what it waits for" ;;
              *) exit "$code" ;;
            esac
          }}
          # What a tour finds fails nothing here: without its evidence the gate keeps the policy report-only.
          tour() {{
            code=0
            edgerollout tour{config} -e {name} -o markdown >> "$GITHUB_STEP_SUMMARY" || code=$?
            case "$code" in
              0) ;;
              6) echo "::notice::{name}: the tour is not clean, the job summary says why" ;;
              *) echo "::warning::{name}: no tour was made, it ended with exit code $code" ;;
            esac
          }}
{steps}
      - name: Where it stands goes to the next environment, evidence of tours beside it
        run: |
          mkdir -p .edgerollout
          edgerollout status{config} -e {name} -o json > .edgerollout/status-{name}.json
      - uses: actions/upload-artifact@v4
        with:
          name: edgerollout-{name}
          path: .edgerollout
          include-hidden-files: true
          overwrite: true
"""

_BEFORE = """\
      - uses: actions/download-artifact@v4
        with:
          name: edgerollout-{after}
          path: .edgerollout
"""


def workflow_text(answers: Answers, version: str, *, config: str, handler: str) -> str:
    """The whole file. `version` is edgerollout's own; `config` and `handler` are the project's folders, seen
    from the repository's root.
    """
    return "".join(_parts(answers, version, config, handler))


def _parts(answers: Answers, version: str, config: str, handler: str) -> Iterator[str]:
    setup = _SETUP.format(install=_INSTALL.format(version=version))
    setup_with_browser = _SETUP.format(install=_INSTALL_TOUR.format(version=version))
    option = "" if config == "config" else f" -C {config}"
    yield _HEAD.format(
        paths=json.dumps([f"{config}/**", f"{handler}/**"]),
        environments=json.dumps(list(answers.names)),
        setup=setup,
        config=option,
    )
    after: str | None = None
    for name in answers.names:
        yield _JOB.format(
            job=f"to-{name}",
            condition="if: github.event_name != 'pull_request'" if after is None else f"needs: to-{after}",
            name=name,
            setup=setup_with_browser,
            before="" if after is None else _BEFORE.format(after=after),
            config=option,
            steps="\n".join(f"          {one}" for one in _steps(after)),
        )
        after = name


def _steps(after: str | None) -> tuple[str, ...]:
    """publish brings handler and headers; where there is an `after`, policies come by promotion. The tour
    is of what is observed by then, and the evidence for enforcing it.
    """
    if after is None:
        return ("step publish", "tour", "step promote --enforce")
    seen = f"--after-status .edgerollout/status-{after}.json"
    return (f"step promote {seen}", "step publish", "tour", f"step promote --enforce {seen}")
