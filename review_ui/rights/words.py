"""What the pages of claims call things."""

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "character": "a character",
    "work": "a work",
    "franchise": "a franchise",
    "style": "the style of a named living artist",
    "music": "a piece of music",
}
STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("draft", "none"),
    "submitted": ("waits for staff", "hold"),
    "verified": ("proof looked at", "hold"),
    "active": ("active", "active"),
    "quarantined": ("stopped: too much", "hold"),
    "disputed": ("disputed", "hold"),
    "withdrawn": ("withdrawn", "none"),
    "expired": ("over", "none"),
}
"""A claim's state, and the style that says so."""
GROUNDS: Mapping[str, str] = {
    "author": "I made it",
    "owner": "I own the rights",
    "licensee": "I have an exclusive licence",
    "agent": "I act for whoever owns it",
    "estate": "I act for an estate",
}
DECLARATIONS: Mapping[str, str] = {
    "accurate": "What I say here is true and complete.",
    "authorised": "I own the right, or act for whoever owns it.",
    "good_faith": "I believe in good faith that showing it without leave would not be lawful.",
}
TOLD: Mapping[str, str] = {
    "nothing": "that something protected was found, and where",
    "kind": "also what kind of thing it is",
    "title": "also its title",
    "holder": "also your organisation's name",
}
CONCERNS: Mapping[str, str] = {
    "common_word": "An everyday word: it is only found where it is written like a name.",
    "person": "The name of somebody who is registered here.",
    "duplicate": "Another organisation claims the same name.",
    "flood": "It would stop, or has stopped, more requests than a claim may without anybody's look.",
    "objection": "Somebody whose name it is objects.",
}
ROLES: Mapping[str, str] = {
    "owner": "owner: takes members in and out, and may do all the rest",
    "agent": "agent: files, changes and withdraws claims",
    "viewer": "viewer: sees claims and dry runs",
}
OUTCOMES: Mapping[str, str] = {
    "denied": "refused",
    "held": "held for a person",
    "licensed": "let through by a licence",
    "left_open": "let through: the claim leaves it open",
}
IMPORTS: Mapping[str, tuple[str, str]] = {
    "waiting": ("waits", "hold"),
    "running": ("being read", "hold"),
    "done": ("read", "active"),
    "failed": ("ended early", "bad"),
    "cancelled": ("cancelled", "none"),
    "activating": ("being activated", "hold"),
    "activated": ("activated", "active"),
}
LAWS: Mapping[str, str] = {"dmca": "DMCA", "take_it_down": "TAKE IT DOWN Act", "no_fakes": "NO FAKES (bill)"}
CLOCKS: Mapping[str, str] = {
    "take_down": "the videos have to be down",
    "decide": "decide about it",
    "restore_from": "the videos may be given back",
    "restore_by": "the videos have to be given back",
    "final": "what is down stays down",
}
REJECTIONS: Mapping[str, str] = {
    "not_shown": "the video does not show what they say",
    "lawful": "the use is allowed",
    "not_entitled": "whoever gave notice may not",
    "abuse": "it is abuse",
}
AGAINST: Mapping[str, str] = {
    "refused": "refused by a rule",
    "declined": "refused by a reviewer",
    "taken_down": "taken down",
}
_ALL: Mapping[str, Mapping[str, str]] = {
    "kind": KINDS,
    "ground": GROUNDS,
    "declaration": DECLARATIONS,
    "told": TOLD,
    "concern": CONCERNS,
    "role": ROLES,
    "outcome": OUTCOMES,
    "law": LAWS,
    "clock": CLOCKS,
    "rejection": REJECTIONS,
    "against": AGAINST,
}


def called(value: str, what: str) -> str:
    """What a value of claims is called; what: "kind", "ground", "concern" and so on."""
    return _ALL[what].get(str(value), str(value).replace("_", " "))


def claim_state(state: str) -> tuple[str, str]:
    """Where a claim stands, and the style that says so."""
    return STATES.get(str(state), (str(state), "none"))


def import_state(state: str) -> tuple[str, str]:
    """Where an import stands, and the style that says so."""
    return IMPORTS.get(str(state), (str(state), "none"))
