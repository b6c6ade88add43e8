from __future__ import annotations

import pytest

from edgerollout.aws.roles import trusted_services

LAMBDA, EDGE = "lambda.amazonaws.com", "edgelambda.amazonaws.com"


def statement(
    service: object, *, effect: str = "Allow", action: object = "sts:AssumeRole"
) -> dict[str, object]:
    return {"Effect": effect, "Principal": {"Service": service}, "Action": action}


@pytest.mark.parametrize(
    ("policy", "trusted"),
    [
        ({"Statement": [statement([LAMBDA, EDGE])]}, {LAMBDA, EDGE}),
        ({"Statement": [statement(LAMBDA), statement(EDGE)]}, {LAMBDA, EDGE}),
        ({"Statement": statement(LAMBDA)}, {LAMBDA}),
        ({"Statement": [statement(LAMBDA, action=["sts:TagSession", "sts:AssumeRole"])]}, {LAMBDA}),
        ({"Statement": [statement(LAMBDA, action="sts:*")]}, {LAMBDA}),
        ({"Statement": [statement(LAMBDA, effect="Deny")]}, set()),
        ({"Statement": [statement(LAMBDA, action="sts:TagSession")]}, set()),
        ({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}, set()),
        ({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "1"}, "Action": "sts:AssumeRole"}]}, set()),
        ({}, set()),
        ("nonsense", set()),
    ],
)
def test_a_trust_policy_tells_which_services_may_assume_the_role(policy: object, trusted: set[str]) -> None:
    assert trusted_services(policy) == trusted
