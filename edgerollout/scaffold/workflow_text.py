""".github/workflows/edgerollout.yml of a new project: the train that its policies travel with."""

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
# A pull request shows what becomes of the headers. After a merge, and once a day, every environment moves
# as far as its gates let it; where one is not met, that is a notice and the next run tries again. A merge
# neither stops nor restarts what soaks further on.
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

# The commits of these tags. A tag can be moved to other code, a commit cannot.
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

# Credentials last an hour, and one command may well take that.
_UNFINISHED = f"""\
      - if: steps.{{step}}.outputs.unfinished == 'true'
        uses: {_CREDENTIALS}
        with:
          role-to-assume: ${{{{{{{{ vars.EDGEROLLOUT_ROLE }}}}}}}}
          aws-region: us-east-1
      - name: {{name}}
        id: {{id}}
        if: steps.{{step}}.outputs.unfinished == 'true'
        run: |
          edgerollout wait{{wait}} --yes --timeout 40m -o github
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
    steps:
{setup}
{before}      - name: Roll out
        id: rollout
        run: |
          cat > "$RUNNER_TEMP/train.sh" <<'END'
          # A gate that is not met yet may wait for the next run; any other refusal fails the job.
          waits_for_gates() {{ [ "$(grep '^result=' "$GITHUB_OUTPUT" | tail -n 1)" = result=unmet-gates ]; }}
          step() {{
            code=0
            echo "result=" >> "$GITHUB_OUTPUT" # so that no earlier command's result is taken for this one's
            edgerollout "$@"{config} -e {name} --yes --timeout 40m -o github || code=$?
            case "$code $1" in
              "0 "*) ;;
              "5 "*)
                # The next step waits for it, with credentials for another hour, and goes on.
                echo "unfinished=true" >> "$GITHUB_OUTPUT"
                exit 0 ;;
              "6 "*)
                if ! waits_for_gates; then exit "$code"; fi
                echo "::notice::{name}: not promoted yet, the log says what it waits for" ;;
              *) exit "$code" ;;
            esac
          }}
          # What a tour finds fails nothing here: without its evidence the gate keeps the policy report-only.
          tour() {{
            code=0
            rm -f .edgerollout/evidence/{name}.json # what counts is this tour, not a file that was there
            edgerollout tour{config} -e {name} -o markdown >> "$GITHUB_STEP_SUMMARY" || code=$?
            case "$code" in
              0) ;;
              6) echo "::notice::{name}: the tour is not clean, the job summary says why" ;;
              *) echo "::warning::{name}: no tour was made, it ended with exit code $code" ;;
            esac
          }}
{steps}
          END
          . "$RUNNER_TEMP/train.sh"
{unfinished}      - name: Where it stands goes to the next environment, and nothing else
        run: |
          mkdir -p .edgerollout
          edgerollout status{config} -e {name} -o json > .edgerollout/status-{name}.json
      - uses: {upload}
        with:
          name: edgerollout-status-{name}
          path: .edgerollout/status-{name}.json
          include-hidden-files: true
          overwrite: true
"""

_BEFORE = """\
      - uses: {download}
        with:
          name: edgerollout-status-{after}
          path: .edgerollout
"""


def workflow_text(answers: InitAnswers, *, config: str, handler: str) -> str:
    """The whole file. `config` and `handler` are the project's folders, seen from the repository's root."""
    return "".join(_parts(answers, config, handler))


def _parts(answers: InitAnswers, config: str, handler: str) -> Iterator[str]:
    option = "" if config == "config" else f" -C {config}"
    yield _HEAD.format(
        paths=json.dumps([f"{config}/**", f"{handler}/**", f"{LOCK_FILE.parent}/**"]),
        environments=json.dumps(list(answers.names)),
        setup=_CHECKED_OUT + _BASE + _INSTALL,
        config=config,
        option=option,
    )
    after: str | None = None
    for name in answers.names:
        yield _JOB.format(
            job=f"to-{name}",
            condition="if: github.event_name != 'pull_request'" if after is None else f"needs: to-{after}",
            name=name,
            setup=_CHECKED_OUT + _INSTALL + _BROWSER + _AWS,
            upload=_UPLOAD,
            before="" if after is None else _BEFORE.format(after=after, download=_DOWNLOAD),
            config=option,
            steps="\n".join(f"          {one}" for one in _steps(after)),
            unfinished="".join(_unfinished(f"{option} -e {name}")),
        )
        after = name


def _unfinished(wait: str) -> Iterator[str]:
    """What took too long is waited for, then the train goes on; what takes too long then is waited for."""
    yield _UNFINISHED.format(step="rollout", id="onward", name="Wait, and go on", wait=wait)
    yield '          . "$RUNNER_TEMP/train.sh"\n'
    yield _UNFINISHED.format(step="onward", id="rest", name="Wait for the rest", wait=wait)


def _steps(after: str | None) -> tuple[str, ...]:
    """publish brings handler and headers; where there is an `after`, policies come by promotion. The tour
    is of what is observed by then, and the evidence for enforcing it.
    """
    if after is None:
        return ("step publish", "tour", "step promote --enforce")
    seen = f"--after-status .edgerollout/status-{after}.json"
    return (f"step promote {seen}", "step publish", "tour", f"step promote --enforce {seen}")
