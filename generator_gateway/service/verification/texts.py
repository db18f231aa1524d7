"""Text out of a stranger's file, made fit to be shown as text."""

import unicodedata

_MOST = 80


def shown(text: str, most: int = _MOST) -> str:
    """Cleaned and cut: no control, format (bidirectional overrides among them), private or unassigned characters.

    Markup stays what it is, text: whoever shows it escapes it.

    Args:
        text: anything.
        most: characters; what is longer ends in an ellipsis.
    """
    head = text[: most * 8]
    clean = "".join(" " if char.isspace() else char for char in head if char.isspace() or _is_plain(char))
    words = " ".join(clean.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _is_plain(char: str) -> bool:
    return unicodedata.category(char)[0] != "C"
