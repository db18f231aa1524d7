"""What an answer shows, laid out for a page: one sentence, three facts, consent, notes, then details. Pure.

It is made of the document that the API gives, so that an answer just found, a kept one and the download say the same.
Nothing here is HTML: whatever came out of a file stays text until the template escapes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from generator_gateway.api import STANDING_CODES
from generator_gateway.routes.verification_out import (
    CredentialOut,
    FactOut,
    FingerprintOut,
    ReleaseOut,
    StatementOut,
    VerificationOut,
    WatermarkOut,
)
from review_ui.verify.timeline import Timeline, timeline_of
from review_ui.verify.words import Speech

_TONES: Mapping[str, str] = {
    "signed_here": "plain",
    "recovered": "caution",
    "made_here": "caution",
    "part_made_here": "caution",
    "spliced": "caution",
    "ai_trusted": "plain",
    "ai_untrusted": "plain",
    "tampered": "bad",
    "sound_from_here": "caution",
    "copied_mark": "bad",
    "copied_sound_mark": "bad",
    "unconfirmed_mark": "caution",
}
"""How the sentence is coloured, by the end of its code; any other is neither good nor bad."""
_ABSENT = frozenset(
    f"verify:note:{name}"
    for name in ("no_credential", "marks_not_looked", "undecodable", "no_mark", "sound_unmarked", "absence")
)
"""Notes on what was not found; they stand together, under what that does not prove."""
_SAID_BY: Mapping[str, str] = {
    "verify:signer:development": "verify:note:development",
    "verify:signer:expired": "verify:note:signer_expired",
    "verify:signer:revoked": "verify:note:signer_revoked",
    "verify:signer:wrong_certificate": "verify:note:signer_wrong_certificate",
    "verify:headline:recovered": "verify:note:recovered",
    "verify:unchanged:differs": "verify:note:recovered",
}
"""Notes that an answer on the page says already, by the code of that answer."""
_MOST_MATCHES = 10
_MOST_KEYS = 5


@dataclass(frozen=True, slots=True)
class Card:
    """A question and its answer.

    Attributes:
        tone: good, bad, caution, plain or none (nothing was found, which is neither good nor bad).
        caution: what a reader could get wrong; empty where nothing.
    """

    question: str
    tone: str
    answer: str
    explanation: str
    caution: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A name and a value; `technical` values are codes, digests and ids."""

    name: str
    value: str
    technical: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Details that belong together."""

    title: str
    details: tuple[Detail, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A verification as a page shows it.

    Attributes:
        tone: of the sentence; see `Card`.
        facts: who signed it, whether it says that AI made it, whether it is unchanged: always three, in this order.
        consent: beside them.
        withdrawn: what to be told before all else, where it was withdrawn or taken down; empty where it was not.
        notes: what else is to be known.
        absence: what was not found and does not prove.
        sections: details, each layer's.
    """

    sentence: str
    tone: str
    facts: tuple[Card, ...]
    consent: Card
    withdrawn: str
    notes: tuple[str, ...]
    absence: tuple[str, ...]
    timeline: Timeline | None
    sections: tuple[Section, ...]


def answer_of(found: VerificationOut, speech: Speech) -> Answer:
    """Lay a verification out.

    Args:
        found: its sentences are in the language of `speech`.
        speech: the page's words.
    """
    facts = found.facts
    notes = [note for note in found.notes if not _said(note, found)]
    return Answer(
        # Without the word on consent that the API adds to it: here that has a box of its own.
        sentence=found.headline.sentence,
        tone=_TONES.get(found.headline.code.rsplit(":", 1)[-1], "none"),
        facts=(
            _card("signer", facts.signer, speech),
            _card("ai", facts.ai, speech),
            _card("unchanged", facts.unchanged, speech),
        ),
        consent=_card("consent", facts.consent, speech),
        withdrawn=_withdrawn(found),
        notes=tuple(note.sentence for note in notes if note.code not in _ABSENT | STANDING_CODES),
        absence=tuple(note.sentence for note in notes if note.code in _ABSENT),
        timeline=timeline_of(found, speech),
        sections=tuple(section for section in _sections(found, speech) if section.details),
    )


def _said(note: StatementOut, found: VerificationOut) -> bool:
    said = (found.headline.code, found.facts.signer.answer.code, found.facts.unchanged.answer.code)
    return any(_SAID_BY.get(code) == note.code for code in said)


def _withdrawn(found: VerificationOut) -> str:
    """What is to be told before all else; of a part, only that it is a part."""
    consent = found.facts.consent
    if consent.answer.code == "verify:consent:some_withdrawn":
        return consent.explanation.sentence
    return next((note.sentence for note in found.notes if note.code in STANDING_CODES), "")


def _card(question: str, fact: FactOut, speech: Speech) -> Card:
    return Card(
        speech.say(f"verify:question:{question}"),
        fact.tone,
        fact.answer.sentence,
        fact.explanation.sentence,
        fact.caution.sentence if fact.caution is not None else "",
    )


def _sections(found: VerificationOut, speech: Speech) -> Iterator[Section]:
    for number, release in enumerate(found.releases, start=1):
        resembles = release.found_by == "fingerprint"
        title = speech.say("page:details:likeness" if resembles else "page:details:release", number=number)
        yield Section(title, tuple(_release(release, speech)))
    yield Section(speech.say("page:details:credential"), tuple(_credential(found.credential, speech)))
    if found.recovered_credential is not None:
        title = speech.say("page:details:recovered")
        yield Section(title, tuple(_credential(found.recovered_credential, speech)))
    speaking = found.recovered_credential or found.credential
    yield Section(speech.say("page:details:ingredients"), tuple(_ingredients(speaking, speech)))
    looked, heard = "page:label:looked_at", "page:label:listened_to"
    yield Section(speech.say("page:details:picture"), tuple(_mark(found.watermark, looked, speech)))
    yield Section(speech.say("page:details:sound"), tuple(_mark(found.sound_watermark, heard, speech)))
    yield Section(speech.say("page:details:fingerprint"), tuple(_fingerprint(found.fingerprint, speech)))
    yield Section(speech.say("page:details:file"), tuple(_file(found, speech)))


def _release(release: ReleaseOut, speech: Speech) -> Iterator[Detail]:
    yield _detail(speech, "video", release.video_id, technical=True)
    yield _detail(speech, "found_by", speech.say(f"verify:found_by:{release.found_by}"))
    yield _detail(speech, "released", speech.date(release.released_at))
    yield _detail(speech, "consent", speech.say(f"page:consent:{release.consent}"))
    if release.withdrawn_at is not None:
        yield _detail(speech, "withdrawn", speech.date(release.withdrawn_at))
    counts = {0: "page:value:nobody", 1: "page:value:one_person"}
    people = speech.say(counts.get(release.people, "page:value:people"), count=release.people)
    yield _detail(speech, "people", people)
    proved = "proved" if release.ledger_proved else "unproved"
    yield _detail(speech, "ledger", speech.say(f"verify:ledger:{proved}", index=release.ledger_index))


def _credential(credential: CredentialOut, speech: Speech) -> Iterator[Detail]:
    yield _detail(speech, "state", speech.say(f"page:credential:{credential.state}"))
    signer = credential.signer
    stated = [("title", credential.title), ("generator", credential.generator)]
    if signer is not None:
        stated = [
            ("signer", signer.common_name),
            ("organisation", signer.organisation),
            ("stamped", _stamp(signer.signed_at, speech)),
            *stated,
        ]
    yield from (_detail(speech, name, value) for name, value in stated if value)
    technical = [("manifest", credential.manifest or ""), ("codes", ", ".join(credential.codes))]
    yield from (_detail(speech, name, value, technical=True) for name, value in technical if value)


def _stamp(at: str, speech: Speech) -> str:
    """The time in a time-stamp as people read it; as it stands where it is none."""
    try:
        return speech.date(datetime.fromisoformat(at))
    except (ValueError, OverflowError):
        return at


def _ingredients(credential: CredentialOut, speech: Speech) -> Iterator[Detail]:
    known = speech.codes
    for fault in credential.ingredient_faults:
        relationship = f"page:relationship:{fault.relationship}"
        parts = [speech.say(relationship) if relationship in known else fault.relationship]
        if fault.depth:
            parts.append(speech.say("page:value:depth", depth=fault.depth))
        where = ", ".join(filter(None, parts))
        title = fault.title or speech.say("page:value:untitled")
        yield Detail(title, f"{where}: {', '.join(fault.faults)}" if where else ", ".join(fault.faults))


def _mark(mark: WatermarkOut, seconds: str, speech: Speech) -> Iterator[Detail]:
    yield _detail(speech, "state", speech.say(f"verify:mark:{mark.state}"))
    if mark.seconds:
        yield Detail(speech.say(seconds), speech.moment(mark.seconds))
    if mark.confidence is not None and mark.threshold is not None:
        values = {"confidence": speech.number(mark.confidence), "threshold": speech.number(mark.threshold)}
        yield _detail(speech, "strength", speech.say("page:value:strength", **values))
    if mark.chance is not None:
        yield _detail(speech, "chance", speech.rarity(mark.chance))
    if mark.speed != 1:
        yield _detail(speech, "speed", speech.say("page:value:speed", percent=round(100 * mark.speed)))
    if mark.presence is not None:
        yield _detail(speech, "presence", speech.say("page:value:presence", percent=round(100 * mark.presence)))
    keys = list(dict.fromkeys(span.key_id for span in mark.spans))[:_MOST_KEYS]
    if keys:
        yield _detail(speech, "key", ", ".join(keys), technical=True)


def _fingerprint(fingerprint: FingerprintOut, speech: Speech) -> Iterator[Detail]:
    yield _detail(speech, "state", speech.say(f"page:fingerprint:{fingerprint.state}"))
    for match in fingerprint.matches[:_MOST_MATCHES]:
        by = speech.say(f"page:value:{match.by}")
        alike = speech.say("page:value:similarity", percent=match.similarity, by=by)
        yield _detail(speech, "video", f"{match.video_id}: {alike}")


def _file(found: VerificationOut, speech: Speech) -> Iterator[Detail]:
    if found.seconds:
        yield _detail(speech, "length", speech.moment(found.seconds))
    if found.size:
        yield _detail(speech, "size", speech.size(found.size))
    yield _detail(speech, "digest", found.sha256, technical=True)


def _detail(speech: Speech, name: str, value: str, *, technical: bool = False) -> Detail:
    return Detail(speech.say(f"page:label:{name}"), value, technical)
