"""Tables on the terminal, figures in a file; every benchmark that has no table of its own uses these."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

Cell = str | int | float
Row = Mapping[str, Cell]


def show(title: str, rows: Sequence[Row]) -> None:
    """Print rows under their keys; numbers to the right, floats with as many digits as their size deserves."""
    print(f"\n{title}")
    if not rows:
        print("  nothing to show")
        return
    names = list(rows[0])
    lines = [[_text(row[name]) for name in names] for row in rows]
    widths = [max(len(name), *(len(line[column]) for line in lines)) for column, name in enumerate(names)]
    words = [isinstance(rows[0][name], str) for name in names]
    for line in (names, ["-" * width for width in widths], *lines):
        cells = (
            cell.ljust(width) if word else cell.rjust(width)
            for cell, width, word in zip(line, widths, words, strict=True)
        )
        print("  " + "  ".join(cells).rstrip())


def save(path: Path | None, document: Mapping[str, object]) -> None:
    """Write the figures as JSON; nothing where no path is given."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _text(cell: Cell) -> str:
    if not isinstance(cell, float):
        return f"{cell:,}" if isinstance(cell, int) else cell
    return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
