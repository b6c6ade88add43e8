from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgerollout.cli.handing_over import read_tfvars, tfvars_writer
from edgerollout.errors import Conflict
from edgerollout.release.facts.tfvars import Tfvars
from tests.unit.release.builders import arn, make_environment

if TYPE_CHECKING:
    from pathlib import Path

    from edgerollout.release.facts.environment import Environment

ONE, TWO, THREE = (Tfvars(arn(number), number) for number in (1, 2, 3))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    file = tmp_path / "edgerollout.auto.tfvars.json"
    return replace(make_environment(), triggers="terraform", tfvars=file)


def write(environment: Environment, text: str) -> None:
    assert environment.tfvars is not None
    environment.tfvars.write_text(text, encoding="utf-8")


def test_a_release_that_another_run_named_meanwhile_is_not_overwritten(environment: Environment) -> None:
    write(environment, ONE.text())
    writer = tfvars_writer(environment)
    assert writer is not None

    write(environment, TWO.text())
    with pytest.raises(Conflict, match="it names release 2"):
        writer(THREE, ONE, {})

    assert read_tfvars(environment) == TWO


@pytest.mark.parametrize(
    "meanwhile", [ONE.text({"region": "eu-west-1"}), THREE.text({"region": "eu-west-1"})]
)
def test_what_others_put_beside_it_meanwhile_stays(environment: Environment, meanwhile: str) -> None:
    write(environment, ONE.text())
    writer = tfvars_writer(environment)
    assert writer is not None
    assert environment.tfvars is not None

    write(environment, meanwhile)
    writer(THREE, ONE, {})

    assert read_tfvars(environment) == THREE
    assert json.loads(environment.tfvars.read_text())["region"] == "eu-west-1"


def test_nothing_is_written_where_terraform_owns_nothing() -> None:
    assert tfvars_writer(make_environment()) is None
