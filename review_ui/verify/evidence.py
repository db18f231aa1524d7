"""What was found, kept apart: the file's integrity, its signer, its claim of AI, its mark, the people's consent. Pure.

Each is its own question with its own answer; none is ever "this is not AI".
"""

from dataclasses import dataclass

from generator_gateway.api import Verification

DEVELOPMENT = "Placet development"
"""How the organisation in a development certificate begins."""

_CAUTION = "Development certificate: nobody outside can trust it."
_INTEGRITY = {
    "trusted": ("good", "unchanged", "Nothing has changed in this file since it was signed."),
    "valid_untrusted": ("good", "unchanged", "Nothing has changed in this file since it was signed."),
    "tampered": ("bad", "changed", "The file, or its credential, was changed after it was signed."),
    "no_credential": ("none", "not signed", "The file carries no content credential, so nobody can tell."),
    "remote_manifest_only": (
        "none",
        "not looked up",
        "The file only says where its credential lies. Addresses that a file names are not fetched.",
    ),
    "malformed": ("none", "unreadable", "The file, or its credential, cannot be read."),
    "unsupported": ("none", "cannot tell", "Credentials cannot be read in this kind of file."),
    "recovered": ("bad", "changed", "The file differs from the one that was signed."),
}
_AI = {
    "yes": ("plain", "says it is AI-made", "Its credential says that AI made it, or a part of it."),
    "no": ("none", "makes no claim", "Its credential does not mention AI. That is no proof that none was used."),
    "unknown": ("none", "says nothing", "There is no credential that could say so."),
}
_MARK = {
    "found": ("plain", "found", "The file carries our invisible watermark."),
    "not_found": ("none", "not found", "Our watermark was not found. It may never have been there, or be damaged."),
    "not_looked": ("none", "not looked for", "The watermark detector is not available just now."),
    "unreadable": ("none", "cannot tell", "There are no pictures in this file that could carry a watermark."),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The answer to one question.

    Attributes:
        question: heading.
        tone: "good", "bad", "plain" or "none": nothing was found, which is neither.
        answer: a word or two.
        explanation: one or two sentences.
        details: further facts as pairs of name and value.
        caution: what a reader could get wrong.
    """

    question: str
    tone: str
    answer: str
    explanation: str
    details: tuple[tuple[str, str], ...] = ()
    caution: str = ""


def evidence_of(found: Verification) -> tuple[Evidence, ...]:
    """Every question with its answer, always all of them, in the same order."""
    return (_integrity(found), _signer(found), _claim(found), _mark(found), _consent(found))


def notes_of(found: Verification) -> tuple[str, ...]:
    """What else is to be said, without what an answer says already."""
    said = any(item.caution == _CAUTION for item in evidence_of(found))
    return tuple(note for note in found.notes if not (said and "development certificate" in note))


def _integrity(found: Verification) -> Evidence:
    tone, answer, explanation = _INTEGRITY[found.credential.state]
    codes = ", ".join(found.credential.codes)
    return Evidence("Is it as it was signed?", tone, answer, explanation, (("C2PA codes", codes),) if codes else ())


def _signer(found: Verification) -> Evidence:
    question, signer = "Who signed it?", found.credential.signer
    if signer is None:
        return Evidence(question, "none", "nobody known", "There is no signature that could be read.")
    details = [("Name", signer.common_name), ("Organisation", signer.organisation), ("Signed", signer.signed_at)]
    facts = tuple((name, value) for name, value in details if value)
    if signer.organisation.startswith(DEVELOPMENT):
        return Evidence(
            question,
            "plain",
            "a test signer",
            "It was signed with a certificate that this deployment made for itself.",
            facts,
            _CAUTION,
        )
    if signer.trusted:
        return Evidence(question, "good", "a known signer", "Somebody whom we trust vouches for the signer.", facts)
    caution = "Anybody can write any name into such a certificate."
    return Evidence(question, "bad", "unknown signer", "Nobody vouches for the signer's name.", facts, caution)


def _claim(found: Verification) -> Evidence:
    tone, answer, explanation = _AI[found.credential.ai]
    details = (("Stated maker", found.credential.generator),) if found.credential.generator else ()
    return Evidence("Does it say that AI made it?", tone, answer, explanation, details)


def _mark(found: Verification) -> Evidence:
    mark = found.watermark
    tone, answer, explanation = _MARK[mark.state]
    details = []
    if mark.confidence is not None and mark.threshold is not None:
        details.append(("Signal", f"{mark.confidence:.1f} (counts as found from {mark.threshold:.1f})"))
    caution = ""
    if mark.state == "found" and mark.matches_picture is None:
        caution = "It names no video that is known here."
    if mark.matches_picture is False:
        caution = "The video that the mark names looks different. Marks can be copied onto other videos."
    if mark.matches_picture is True:
        explanation += " The pictures match the video that the mark names."
    return Evidence("Does it carry our watermark?", tone, answer, explanation, tuple(details), caution)


def _consent(found: Verification) -> Evidence:
    question, release = "Do the people in it still agree?", found.release
    if release is None:
        unknown = "This file could not be traced to a video made here, so nothing is known of consent."
        return Evidence(question, "none", "not known", unknown)
    details = [
        ("Video", release.video_id),
        ("Found by", f"its {release.found_by}"),
        ("Released", f"{release.released_at:%-d %b %Y, %H:%M UTC}"),
        ("People in it", f"{release.people}, each a co-owner" if release.people else "nobody enrolled here"),
        ("Public record", f"entry {release.ledger_index}, {'proved' if release.ledger_proved else 'not proved'}"),
    ]
    if release.consent == "active":
        return Evidence(question, "good", "yes", "It was released here and has not been withdrawn.", tuple(details))
    if release.withdrawn_at is not None:
        details.insert(3, ("Withdrawn", f"{release.withdrawn_at:%-d %b %Y, %H:%M UTC}"))
    told = "It was withdrawn: somebody in it, its maker or a rights holder took it back."
    return Evidence(question, "bad", "no, withdrawn", told, tuple(details))
