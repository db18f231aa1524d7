"""What a text must be so that every database and every encoder can keep it."""

from trust_kernel.errors import InvalidInput

UNREADABLE = "kernel:text:unreadable"
"""Reason code of a text that is none."""


def is_whole(text: str) -> bool:
    """Whether a text holds no lone surrogate, and so can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_text(text: str) -> bool:
    """Whether a text holds no NUL and no lone surrogate: PostgreSQL refuses both."""
    return "\0" not in text and (text.isascii() or is_whole(text))


def check_text(text: str, field: str) -> None:
    """Raises InvalidInput where a text cannot be kept.

    Args:
        text: what was sent.
        field: what it was sent as.
    """
    if not is_text(text):
        raise unreadable(field)


def unreadable(field: str) -> InvalidInput:
    """What is said of a field that holds what is no text."""
    detail = f"{field} has a NUL or half a letter in it"
    return InvalidInput(detail, code=UNREADABLE, field=field, limit="Unicode without NUL")
