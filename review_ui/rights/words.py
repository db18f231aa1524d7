"""What the pages of claims call things."""

from collections.abc import Mapping

from review_ui.portal.words import CONTEXTS

KINDS: Mapping[str, str] = {
    "character": "a character",
    "work": "a work",
    "franchise": "a franchise",
    "style": "the style of a named living artist",
    "music": "a piece of music",
}
SETTINGS: Mapping[str, str] = {context.value: said for context, said in CONTEXTS.items()}
"""What somebody or something is shown in; the words of consent."""
STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("draft", "none"),
    "submitted": ("waits for staff", "hold"),
    "verified": ("proof looked at", "hold"),
    "active": ("active", "active"),
    "quarantined": ("stops too much", "hold"),
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
    "appealed": "an appeal was won",
}
AGAINST: Mapping[str, str] = {
    "refused": "refused by a rule",
    "declined": "refused by a reviewer",
    "taken_down": "taken down",
}
ELEMENTS: Mapping[str, str] = {
    "signature": "a signature",
    "work": "the work",
    "person": "whose voice or likeness it is",
    "material": "the video",
    "contact": "how to reach them",
    "good_faith": "that they act in good faith",
    "accurate": "that it is accurate",
    "authorised": "that they may act, under penalty of perjury",
    "non_consent": "that nobody consented",
}
"""What a notice has to contain."""
LOCATED: Mapping[str, str] = {
    "named": "by its number",
    "linked": "by a link to it",
    "digest": "by the digest of its file",
    "file": "by the file that was sent",
    "staff": "added by staff",
    "copy": "an identical copy",
}
"""How a video was found for a notice."""
TOUCHED: Mapping[str, str] = {
    "bytes": "being nearly the same file",
    "picture": "a picture in it",
    "video": "a video in it",
    "sound": "its sound",
    "prompt": "the prompt",
    "face": "a face in it",
    "voice": "a voice in it",
    "named": "its number",
}
"""What a released video was found by, to be read after "found by"."""
ITEMS: Mapping[str, str] = {
    "proposed": "to confirm",
    "spared": "stays",
    "taken_down": "taken down",
    "restored": "given back",
    "overtaken": "withdrawn meanwhile",
    "final": "gone for good",
    "lapsed": "stays: what it was for had ended",
}
"""Where one video of a batch stands."""
WAYS: Mapping[str, str] = {
    "case": "other capitals",
    "accents": "other accents",
    "width": "wide letters",
    "confusables": "look-alike letters",
    "invisible": "invisible signs",
    "reordered": "another direction of reading",
    "leetspeak": "digits for letters",
    "repeated": "repeated letters",
    "spaced": "spaces between letters",
    "joined": "no spaces",
    "punctuated": "punctuation between letters",
    "typo": "a typing error",
    "common_word": "an everyday word",
    "emoji": "pictures for words",
    "embedded": "other words around it",
    "transliterated": "another alphabet",
    "sounds_like": "letters that sound like it",
    "skeleton": "other vowels",
    "part": "a part of it",
}
"""How a name was written, to be read after "written with"."""
SOURCES: Mapping[str, str] = {"prompt": "the prompt", "output": "what was made", "reference": "something handed in"}
"""Where something was found, to be read after "in"."""
BATCHES: Mapping[str, tuple[str, str]] = {
    "searching": ("being looked for", "hold"),
    "nothing": ("nothing found", "none"),
    "proposed": ("to confirm", "hold"),
    "dismissed": ("all stay", "none"),
    "taken_down": ("taken down", "withdrawn"),
    "undone": ("undone", "none"),
    "final": ("gone for good", "none"),
}
NOTICES: Mapping[str, tuple[str, str]] = {
    "received": ("received", "none"),
    "incomplete": ("something is missing", "none"),
    "valid": ("to decide", "hold"),
    "acted": ("taken down", "withdrawn"),
    "rejected": ("turned down", "none"),
    "countered": ("countered", "hold"),
    "restored": ("given back", "none"),
    "final": ("stays down", "none"),
    "withdrawn": ("taken back", "none"),
}
APPEALS: Mapping[str, tuple[str, str]] = {
    "open": ("open", "hold"),
    "upheld": ("the decision stands", "none"),
    "overturned": ("they were right", "active"),
    "licensed": ("let through by the rights holder", "active"),
    "lapsed": ("nothing was left to decide", "none"),
    "withdrawn": ("taken back", "none"),
}
_STANDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "claim": STATES,
    "import": IMPORTS,
    "batch": BATCHES,
    "notice": NOTICES,
    "appeal": APPEALS,
}
"""Where things stand, and the style that says so, by what they are."""
FORMATS: Mapping[str, str] = {
    "tdmrep": "TDMRep (JSON)",
    "rsl": "RSL 1.0 (XML)",
    "tdmai": "TDM-AI (JSON)",
    "pdq": "Hashes, one a line (HMA)",
    "threatexchange": "ThreatExchange (JSON)",
}
"""What others exchange."""
LOST: Mapping[str, str] = {
    "licences": "who has a licence",
    "references": "pictures, videos and sounds",
    "proof": "what speaks for the claim",
    "terms": "names, settings, countries and dates",
    "policy": "where a licence can be had, and what it costs",
    "limits": "for whom, where or for which use it holds",
    "metadata": "tags and descriptions",
    "iscc": "claims of which no ISCC code could be made",
}
"""What one side says and the other cannot."""
_ALL: Mapping[str, Mapping[str, str]] = {
    "format": FORMATS,
    "lost": LOST,
    "kind": KINDS,
    "setting": SETTINGS,
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
    "element": ELEMENTS,
    "located": LOCATED,
    "touched": TOUCHED,
    "item": ITEMS,
    "way": WAYS,
    "source": SOURCES,
}


def called(value: str, what: str) -> str:
    """What a value of claims is called; what: "kind", "ground", "concern" and so on."""
    return _ALL[what].get(str(value), str(value).replace("_", " "))


def stands(state: str, what: str) -> tuple[str, str]:
    """Where something stands, and the style that says so; what: "claim", "import", "batch", "notice", "appeal"."""
    return _STANDS[what].get(str(state), (str(state).replace("_", " "), "none"))
