"""Where a person is, in words: what of them, by what right, how sure that is, and what they can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from generator_gateway.api import Part, UseOf, Whereabout

_STATES = {
    "released": ("out", "released"),
    "objected": ("held back", "hold"),
    "taken_down": ("taken down", "withdrawn"),
    "withdrawn": ("withdrawn", "withdrawn"),
}
_RIGHTS = {
    UseOf.CONSENTED: "as you agreed",
    UseOf.OWN: "you made it",
    UseOf.UNCONSENTED: "without your consent",
}
_WARDS_RIGHTS = {
    UseOf.CONSENTED: "as was agreed",
    UseOf.OWN: "they made it",
    UseOf.UNCONSENTED: "without consent",
}
_DISPUTES = {
    "open": "staff will look",
    "disputed": "you asked for it back",
    "withdrawn": "taken back",
    "dismissed": "staff let it stay",
}
_WARDS_DISPUTES = {**_DISPUTES, "disputed": "they asked for it back"}
_MOST_STRETCHES = 3


@dataclass(frozen=True, slots=True)
class PartView:
    """What of somebody is in a video.

    Attributes:
        what: "face" or "voice".
        right: by what right, in words.
        consented: whether it is by right.
        surely: "surely" or "perhaps"; "" where nothing was found in it, and they are in it as asked for.
        when: stretches of the video; "" where none are known.
        dispute: what came of it, in words; "" where there is nothing to dispute.
        disputable: appearance that can be asked back; None where none can.
    """

    what: str
    right: str
    consented: bool
    surely: str
    when: str
    dispute: str
    disputable: str | None


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A video that shows somebody, or may.

    Attributes:
        by: the maker in words, "you" (to a guardian "them") for the person themselves; "" where that is not told.
        own: whether somebody co-owns it, and so can do more about it.
        state: in words; `tone` is the style that says so.
    """

    video_id: str
    by: str
    own: bool
    state: str
    tone: str
    released: datetime
    withdrawn: datetime | None
    parts: Sequence[PartView]


def place_view(place: Whereabout, handle: str, *, to_guardian: bool = False) -> PlaceView:
    """A video as the person in it, who goes by a handle, sees it; or as their guardian does."""
    own = any(part.use is not UseOf.UNCONSENTED for part in place.parts)
    state, tone = _STATES[place.state.value]
    return PlaceView(
        video_id=place.video_id,
        by="" if place.by is None else f"@{place.by}" if place.by != handle else "them" if to_guardian else "you",
        own=own,
        state=state,
        tone=tone,
        released=place.released_at,
        withdrawn=place.withdrawn_at,
        parts=[_part_view(part, to_guardian=to_guardian) for part in place.parts],
    )


def _part_view(part: Part, *, to_guardian: bool) -> PartView:
    state = part.state.value if part.state else ""
    return PartView(
        what=part.modality,
        right=(_WARDS_RIGHTS if to_guardian else _RIGHTS)[part.use],
        consented=part.use is not UseOf.UNCONSENTED,
        surely={"match": "surely", "unsure": "perhaps"}.get(part.band or "", ""),
        when=_stretches(part.seconds),
        dispute=(_WARDS_DISPUTES if to_guardian else _DISPUTES).get(state, ""),
        disputable=part.appearance_id if state == "open" else None,
    )


def _stretches(seconds: Sequence[tuple[float, float]]) -> str:
    """The first few stretches of a video: "0 to 2.5 s, 4 to 6 s"."""
    said = [f"{start:g} to {end:g} s" for start, end in ((round(a, 1), round(b, 1)) for a, b in seconds)]
    more = len(said) - _MOST_STRETCHES
    return ", ".join(said[:_MOST_STRETCHES]) + (f" and {more} more" if more > 0 else "")
