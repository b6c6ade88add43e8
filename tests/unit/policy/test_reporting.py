from __future__ import annotations

import pytest

from edgerollout.policy.csp import Csp
from edgerollout.policy.headers import Header
from edgerollout.policy.reporting import destinations


@pytest.mark.parametrize(
    ("directives", "endpoints", "expected"),
    [
        ({"img-src": ["'self'"]}, None, ()),
        ({"report-uri": ["/csp", "https://r.example/"]}, None, ("/csp", "https://r.example/")),
        ({"report-uri": []}, None, ()),
        ({"report-to": ["csp"]}, None, ()),
        ({"report-to": ["csp"]}, 'csp="https://r.example/"', ("csp",)),
        ({"report-to": ["csp"]}, 'other="/o",csp = "/r"', ("csp",)),
        ({"report-to": ["csp"]}, 'csp2="/r"', ()),
        ({"report-to": ["csp"]}, 'not-csp="/r"', ()),
        ({"report-to": ["csp"]}, 'other="/o?csp=1"', ()),
        ({"report-to": ["csp"]}, 'csp=""', ()),
        ({"report-to": ["csp"]}, "csp=/r", ()),
        ({"report-to": ["CSP"]}, 'csp="/r"', ()),
        ({"report-to": ["csp"], "report-uri": ["/csp"]}, 'csp="/r"', ("/csp", "csp")),
    ],
)
def test_a_policy_reports_to_what_it_names_and_headers_define(
    directives: dict[str, list[str]], endpoints: str | None, expected: tuple[str, ...]
) -> None:
    headers = () if endpoints is None else (Header("reporting-endpoints", endpoints),)

    assert destinations(Csp.of(directives), headers) == expected


def test_endpoints_that_are_taken_away_are_none() -> None:
    headers = (Header("reporting-endpoints", "", "remove"), Header("report-to", 'csp="/r"'))

    assert destinations(Csp.of({"report-to": ["csp"]}), headers) == ()
