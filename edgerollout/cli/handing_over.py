"""Terraform's side of a command: whether it owns the triggers, and the tfvars it reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edgerollout.advice import CommandLine, advise
from edgerollout.config.environments import TFVARS_ENDING, tfvars_file
from edgerollout.errors import Conflict, UsageError
from edgerollout.release.delivery.choice import carrier_of
from edgerollout.release.delivery.response_headers_policy import VARIANTS
from edgerollout.release.facts.fields import parse_json
from edgerollout.release.facts.tfvars import Tfvars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgerollout.config import ChosenEnvironment
    from edgerollout.release.delivery.means import ToldValue
    from edgerollout.release.facts.environment import Environment
    from edgerollout.rollout.ports import WriteTfvars


def with_terraform(
    root: Path,
    chosen: ChosenEnvironment,
    file: Path | None,
    *,
    no_swap: bool,
    writes: bool = True,
) -> ChosenEnvironment:
    """The environment with the options applied: they, or the configuration, make Terraform own the triggers.

    Raises UsageError for a file that Terraform would not read. Where the run `writes`, it also does for a
    file whose folder is missing, so that nothing is published that cannot be attached.
    """
    environment = chosen.environment
    if carrier_of(environment).file is None and not no_swap:
        if file is None:
            return chosen
        raise UsageError(
            "--tfvars needs --no-swap, unless Terraform owns the triggers",
            hint=f'Add --no-swap, or write triggers = "terraform" under environments.{environment.name}.',
        )
    path = file or environment.tfvars or tfvars_file(root, environment.name)
    if not path.name.endswith(TFVARS_ENDING):
        raise UsageError(f"{path} is not a tfvars file in JSON", hint=f"Its name must end in {TFVARS_ENDING}")
    path = _seen_from_here(path)
    if writes and not path.parent.is_dir():
        raise UsageError(
            f"the folder {path.parent} for {path.name} does not exist",
            hint=advise(
                "Name the file in your Terraform's folder: --tfvars FILE, or"
                f" environments.{environment.name}.tfvars. `",
                CommandLine("terraform", environment.name),
                "` makes such a folder.",
            ),
        )
    return replace(chosen, environment=replace(environment, triggers="terraform", tfvars=path))


def wait_options(configured: Environment, environment: Environment) -> tuple[str, ...]:
    """The options about Terraform that a later `wait` needs; empty where that is configured."""
    file = carrier_of(environment).file
    if file is None or carrier_of(configured).file == file.absolute():
        return ()
    return "--tfvars", str(file)


def read_tfvars(environment: Environment) -> Tfvars | None:
    """The tfvars; None where there are none, or Terraform does not own the triggers.

    Raises UsageError for a file that we did not write.
    """
    file = carrier_of(environment).file
    if file is None:
        return None
    try:
        return Tfvars.parse(_variables(file))
    except ValueError as error:
        raise UsageError(
            f"{file} does not have the variables that edgerollout writes",
            why=str(error),
            hint="Restore the file, or remove it: the next publish writes it again.",
        ) from error


def tfvars_writer(environment: Environment) -> WriteTfvars | None:
    """Writes the tfvars; other variables in the file stay. None: Terraform does not own the triggers."""
    file = carrier_of(environment).file
    if file is None:
        return None

    def write(tfvars: Tfvars, seen: Tfvars | None, variables: Mapping[str, ToldValue]) -> None:
        from edgerollout.scaffold.writing import write_all

        found = read_tfvars(environment)
        if found not in (seen, tfvars):
            raise Conflict(
                f"{file} was changed by another run: it names {_named(found)} now",
                why=f"this run would change that to {_named(tfvars)}",
                hint=advise(
                    "Look at `",
                    CommandLine("status", environment.name),
                    "`, then run this again if it is still what you want.",
                ),
            )
        others = {name: value for name, value in _variables(file).items() if name != VARIANTS}
        write_all({file: tfvars.text({**others, **variables}).encode()})

    return write


def _named(tfvars: Tfvars | None) -> str:
    return "no release" if tfvars is None or tfvars.release is None else f"release {tfvars.release}"


def _variables(file: Path) -> dict[str, object]:
    """The variables of a file; empty where it does not exist. Raises UsageError when it cannot be read."""
    try:
        found = parse_json(file.read_bytes(), any_integer=True)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"cannot read {file}", why=error.strerror) from error
    except ValueError as error:
        raise UsageError(f"{file} is not JSON", why=str(error), hint="Repair it, or remove it.") from error
    if not isinstance(found, dict):
        raise UsageError(f"{file} is not a JSON object", hint="Repair it, or remove it.")
    return found


def _seen_from_here(path: Path) -> Path:
    here = Path.cwd()
    whole = here / path
    return whole.relative_to(here) if whole.is_relative_to(here) else whole
