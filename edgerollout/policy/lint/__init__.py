"""Judges policies and headers before a browser meets them: small rules, one registry, pure."""

from edgerollout.policy.lint.finding import Edit, LintFinding
from edgerollout.policy.lint.judge import lint_csp, lint_csp_header, lint_headers, lint_policy

__all__ = ["Edit", "LintFinding", "lint_csp", "lint_csp_header", "lint_headers", "lint_policy"]
