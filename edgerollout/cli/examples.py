"""The examples at the end of a command's help."""

from __future__ import annotations

_WIDTH = 76


def examples(*rows: tuple[str, str]) -> str:
    r"""An epilog from rows of (command without `edgerollout`, its meaning); `\b` keeps the lines as they are.

    The meaning is next to the command where both fit into 76 columns, otherwise below it.
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
