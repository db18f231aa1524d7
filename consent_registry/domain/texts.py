"""What people write in their own words. Pure."""

import unicodedata

_LAYOUT = "\r\n\t"


def holds_controls(text: str) -> bool:
    """Whether a text holds what is no text: control characters, but for line breaks and tabs, or half a character."""
    return any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in _LAYOUT for sign in text)
