"""What lint says of one mistake of each kind, as people and pipelines read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgerollout.policy.lint import lint_csp_header, lint_headers
from edgerollout.policy.stage import Stage
from edgerollout.views.github import Job
from edgerollout.views.lint import LintReport, LintRow, lint_document, ordered
from edgerollout.views.lint_github import lint_annotations
from edgerollout.views.output.encoder import json_text
from edgerollout.views.output.lint import lint_json

from .drawing import markdown_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

POLICY = (
    "default-src 'self' undefined; script-src 'unsafe-inline' 'url-sha256-abc' blob: https://*.vercel.app"
    " https://cdn.example/*; img-src htps://a.example https//b.example *.co.uk s3.amazonaws.com;"
    " connect-src http://127.1 https://a.example/x/../y; worker-src 'strict-dynamic';"
    " frame-ancestors ALLOW-FROM *; report-uri csp, default-src https:, c.example"
)
HEADERS = {
    "permission-policy": "camera=()",
    "tenant": "blue",
    "x-frame-options": "DENY, SAMEORIGIN",
    "strict-transport-security": "max-age=31536000; includeSubDomain; preload",
    "x-content-type-options": "x, nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "Same-Origin",
    "cross-origin-embedder-policy": "require-corp; report-to=coep",
    "cross-origin-resource-policy": "same",
    "document-isolation-policy": "isolate",
    "origin-agent-cluster": "true",
    "integrity-policy": 'blocked-destinations=("script" style), endpoints=(x)',
    "document-policy": "document-write=?0, force-load-at-top",
    "connection-allowlist": "(self)",
    "access-control-allow-origin": "*",
    "access-control-allow-credentials": "true",
    "clear-site-data": '"cookies", cache',
    "reporting-endpoints": 'csp="http://a.example/"',
    "report-to": '{"group":"nel","max_age":86400}',
    "nel": '{"report_to":"csp","max_age":86400}',
    "permissions-policy": 'camera=(self), camera=("self"), geolocaton=();report-to=pp',
    "server": "nginx/1.25",
}


def _report() -> LintReport:
    found = [*lint_csp_header(POLICY, Stage.ENFORCED, HEADERS), *lint_headers(HEADERS)]
    return LintReport(ordered(LintRow(finding, "config/policy.toml", 1) for finding in found))


@pytest.mark.parametrize("width", [80, 40])
def test_a_lint_is_text(width: int, golden: Callable[[str, str], None]) -> None:
    text = text_of(lint_document(_report()), width)

    golden(f"lint-{width}", text)
    assert [line for line in text.splitlines() if len(line) > width and len(line.split()) > 2] == []


def test_a_lint_is_markdown(golden: Callable[[str, str], None]) -> None:
    golden("lint-markdown", markdown_of(lint_document(_report())))


def test_a_lint_is_annotations(golden: Callable[[str, str], None]) -> None:
    golden("lint-github", "".join(f"{line}\n" for line in lint_annotations(_report(), Job())))


def test_a_lint_is_a_json_document(golden: Callable[[str, str], None]) -> None:
    golden("lint-json", json_text(lint_json(_report())))
