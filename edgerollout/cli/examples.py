"""The examples at the end of a command's help."""

from __future__ import annotations

_WIDTH = 76


def examples(*rows: tuple[str, str]) -> str:
    r"""An epilog of (command without `edgerollout`, what it is for); `\b` keeps its lines as they are.

    The meaning stands beside the command where both fit into 76 columns, else below it.
    """
    commands = [f"edgerollout {command}" for command, _ in rows]
    column = max(len(command) for command in commands) + 3
    lines = ["\b", "Examples:"]
    for command, (_, meaning) in zip(commands, rows, strict=True):
        if column + len(meaning) + 2 <= _WIDTH:
            lines.append(f"  {command.ljust(column)}{meaning}")
        else:
            lines += [f"  {command}", f"      {meaning}"]
    return "\n".join(lines)
