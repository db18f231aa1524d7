"""Codes in words. A code that is not here is shown as it is: a missing sentence must never hide what happened."""

from collections.abc import Mapping

from trust_kernel.events import Payload

REASONS: Mapping[str, str] = {
    "likeness:face:no_consent": "shows somebody who has not agreed",
    "likeness:voice:no_consent": "has the voice of somebody who has not agreed",
    "likeness:face:blocklisted": "shows a protected public figure",
    "likeness:voice:blocklisted": "has the voice of a protected public figure",
    "likeness:name:blocklisted": "names a protected public figure",
    "likeness:name:unsure": "may name a protected public figure",
    "likeness:face:stranger": "shows a real person whom nobody knows here",
    "likeness:voice:stranger": "has the voice of a person whom nobody knows here",
    "likeness:face:unsure": "may show somebody protected",
    "likeness:voice:unsure": "may have the voice of somebody protected",
    "likeness:face:consented": "shows somebody who has agreed",
    "likeness:voice:consented": "has the voice of somebody who has agreed",
    "likeness:guard:clear": "no protected person found",
    "likeness:index:stale": "the index of faces and voices is behind",
    "optout:character:named": "names a character that was opted out",
    "optout:work:named": "names a work that was opted out",
    "optout:franchise:named": "names a franchise that was opted out",
    "optout:character:pictured": "shows a character that was opted out",
    "optout:work:pictured": "shows a work that was opted out",
    "optout:franchise:pictured": "shows a franchise that was opted out",
    "optout:name:unsure": "may name a work or character that was opted out",
    "optout:picture:unsure": "may show a work or character that was opted out",
    "optout:claim:licensed": "opted out, but licensed to whoever asks",
    "optout:guard:clear": "no opted-out work found",
    "optout:guard:unavailable": "the check for opted-out works could not run",
    "consent:subject:own": "their own likeness",
    "consent:grant:active": "agreed to, under a grant that holds",
    "consent:grant:none": "nobody who appears has allowed this person",
    "consent:grant:revoked": "the consent was revoked",
    "consent:grant:expired": "the consent has run out",
    "consent:grant:exhausted": "every use that was agreed to has been made",
    "consent:modality:not_granted": "the face or the voice was not part of the consent",
    "consent:grant:remix_forbidden": "the consent does not cover remixes",
    "consent:cameo:unknown": "nobody with this handle is enrolled",
    "consent:epoch:changed": "the consent record changed while this was being made",
    "consent:subject:forgotten": "the person asked to be forgotten",
    "remix:parent:clear": "may be built on",
    "remix:parent:withdrawn": "builds on a video that was withdrawn",
    "remix:parent:unknown": "builds on a video that is not there",
    "remix:parent:too_deep": "too many remixes of remixes",
    "gate:panel:clear": "nothing objected",
    "gate:panel:unavailable": "a check could not run",
    "gate:panel:silent": "no check said anything",
    "policy:default:denied": "no rule permits it",
    "review:case:approved": "a person let it go on",
    "review:case:denied": "a person declined it",
    "review:case:own": "somebody else has to look",
    "case:machine:exhausted": "making it failed too often",
    "case:machine:broken": "making it failed",
    "case:lease:lost": "another worker took it over",
    "release:video:withdrawn": "withdrawn",
    "release:video:deleted_by_owner": "deleted by one of its owners",
    "likeness:appearance:withdrawn": "somebody who did not agree was found in it",
    "likeness:appearance:unknown": "there is no such appearance",
    "likeness:appearance:decided": "it was decided before",
    "watermark:video:unreadable": "the watermark could not be read back",
    "watermark:video:too_small": "its pictures are too small or too few to bear a mark",
    "watermark:video:unusable": "the file could not be marked",
    "watermark:credential:sign_failed": "signing failed",
    "watermark:credential:unverified": "what was signed did not verify",
}
"""Why, to be read after "because it": reason codes of findings, refusals and withdrawals."""

STATES: Mapping[str, str] = {
    "queued": "queued",
    "in_progress": "being made",
    "held": "waiting for a person",
    "completed": "released",
    "failed": "refused or failed",
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

_TO_SUBJECT: Mapping[str, str] = {
    "consent:cameo:enrolled": "Your {likeness} was enrolled.",
    "consent:grant:given": "You allowed a use of your {likeness}.",
    "consent:grant:revoked": "You took a consent back.",
    "consent:subject:forgotten": "You were forgotten here: your {likeness} and every consent are gone.",
}
_TO_ANYBODY: Mapping[str, str] = {
    "consent:cameo:enrolled": "@{handle} was enrolled.",
    "consent:grant:given": "@{handle} lets you use their {likeness}.",
    "consent:grant:revoked": "@{handle} no longer lets you use their {likeness}.",
    "likeness:use:drafted": "A video with your {likeness} was drafted. It is not out yet.",
    "likeness:use:released": "A video with your {likeness} came out. You co-own it and can take it back.",
    "likeness:appearance:found": "You were found in videos that were made without your {likeness}: {count} new.",
    "likeness:appearance:withdrawn": "A video that you were found in was taken back.",
    "likeness:appearance:dismissed": "Staff looked at a video that you were found in, and let it stay.",
    "video:case:completed": "A video that you asked for is ready.",
    "video:case:held": "A video that you asked for waits for a person to look at it.",
    "video:case:failed": "A video that you asked for was not made.",
    "release:video:withdrawn": "A video was withdrawn.",
}


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


def notice(kind: str, payload: Payload, handle: str, likeness: str) -> str:
    """What happened, as one sentence to the person who is told.

    Args:
        kind: the event's type.
        payload: its ids and codes.
        handle: of the person who reads this; an event about them speaks to them.
        likeness: what this site calls a cameo.
    """
    about = str(payload.get("handle") or "")
    own = _TO_SUBJECT.get(kind) if about == handle else None
    sentence = own or _TO_ANYBODY.get(kind)
    if sentence is None:
        return kind
    said = sentence.format(handle=about, likeness=likeness, count=payload.get("count"))
    because = payload.get("message") or payload.get("reason") or payload.get("code")
    if not isinstance(because, str):
        return said
    return f"{said} {because}" if payload.get("message") else f"{said} Why: {reason(because)}."
