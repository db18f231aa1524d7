"""Codes in words. A code that is not here is shown as it is: a missing sentence must never hide what happened."""

from collections.abc import Mapping

from review_ui.notices import notice_words
from trust_kernel.events import Payload

REASONS: Mapping[str, str] = notice_words().reasons
"""Why, to be read after "because it": reason codes of findings, refusals and withdrawals."""

STATES: Mapping[str, str] = {
    "queued": "queued",
    "in_progress": "being made",
    "held": "waiting for a person",
    "completed": "released",
    "failed": "refused or failed",
    "taken_down": "taken down",
    "withdrawn": "withdrawn",
}
"""Where a case stands."""

APPEARANCES: Mapping[str, tuple[str, str]] = {
    "open": ("not decided", "hold"),
    "disputed": ("disputed", "deny"),
    "withdrawn": ("withdrawn", "withdrawn"),
    "dismissed": ("stays", "none"),
}
"""What came of finding somebody in a release, for staff, and the style that says so."""

_OWN_APPEARANCES: Mapping[str, str] = {
    "open": "staff will look",
    "disputed": "you asked for it back",
    "withdrawn": "withdrawn",
    "dismissed": "staff let it stay",
}
_SOUGHT: Mapping[str, str] = {
    "enrolled": "they were enrolled",
    "blocked": "they were put on the blocklist",
    "revoked": "they took a consent back",
}
_SURELY: Mapping[str, str] = {"match": "surely", "unsure": "perhaps"}


def reason(code: str) -> str:
    """A reason code in words; the code itself where there are none."""
    return REASONS.get(code, code)


def state(name: str) -> str:
    """A case's state in words."""
    return STATES.get(name, name.replace("_", " "))


def appearance(state: str) -> str:
    """What came of finding somebody in a release, to staff."""
    return APPEARANCES[state][0]


def appearance_tone(state: str) -> str:
    """The style of an appearance's state."""
    return APPEARANCES[state][1]


def own_appearance(state: str) -> str:
    """What came of finding somebody in a release, to them."""
    return _OWN_APPEARANCES[state]


def sought(cause: str) -> str:
    """Why somebody was looked for, to be read after "because"."""
    return _SOUGHT.get(cause, cause)


def chance(probability: float) -> str:
    """A calibrated probability, no surer than some hundred people that it was measured on can make it."""
    if probability >= _NEARLY_SURE:
        return "over 99 %"
    return "under 1 %" if probability < 1 - _NEARLY_SURE else f"{100 * probability:.0f} %"


def rarity(share: float) -> str:
    """How many strangers would score as high, as one in so many; the measurements reach no further than 10,000."""
    if share <= 1 / _RAREST:
        return f"fewer than one stranger in {_RAREST:,}"
    return f"one stranger in {round(1 / share):,}"


_NEARLY_SURE = 0.99
_RAREST = 10_000


def surely(band: str) -> str:
    """How surely somebody was found."""
    return _SURELY.get(band, band)


def notice(kind: str, payload: Payload, handle: str, likeness: str, language: str = "en") -> str:
    """What happened, and why, to the person who is told.

    Args:
        kind: the event's type.
        payload: its ids and codes.
        handle: of the person who reads this; an event about them speaks to them.
        likeness: what this site calls a cameo.
        language: of the words; the message that some events bring along is in English, and only said in that.
    """
    words = notice_words(language)
    said = words.sentence(kind, payload, handle, likeness)
    if said == kind:
        return kind
    message = payload.get("message") if words.language == "en" else None
    because = message if isinstance(message, str) and message else words.why(payload)
    return " ".join(part for part in (said, because, words.appeal(payload)) if part)
