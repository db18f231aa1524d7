"""Moments as people read them."""

from datetime import UTC, datetime

_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "it": ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"),
}


def moment(at: datetime, language: str) -> str:
    """``9 Mar 2026, 14:05 UTC``; raises KeyError where the language is not spoken here."""
    at = at.astimezone(UTC)
    return f"{at.day} {_MONTHS[language][at.month - 1]} {at:%Y, %H:%M} UTC"
