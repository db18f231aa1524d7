"""Verification says what was found and how sure it is, and never more."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from generator_gateway.api import Fit, Headline, MarkState, Step, Track, wording
from generator_gateway.ports.verification import FoundBy, MarkSpan, Statement, Verification
from tests.fakes.verification import UNMARKED, UNMARKED_SOUND, World, a_credential, looks, marked, sounding
from trust_kernel.errors import Unavailable
from watermark.api import (
    AiClaim,
    CredentialReason,
    CredentialState,
    Geometry,
    IngredientReport,
    MarkReading,
    SoftBinding,
)

A, B = 1 << 62 | 5, 1 << 61 | 9


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def codes(said: tuple[Statement, ...]) -> set[str]:
    return {statement.code.removeprefix("verify:note:") for statement in said}


def where(spans: tuple[MarkSpan, ...]) -> list[tuple[float, float, Fit, str | None]]:
    return [(span.start, span.end, span.fit, span.video_id) for span in spans]


# --- our own


def test_a_released_file_is_known_by_its_credential_and_nothing_else_is_decoded_for_it(world: World) -> None:
    own = world.release("a", A)
    found = world.verify(world.own_file(own, sound=sounding((0, 10, A))))
    assert found.headline.code == Headline.SIGNED_HERE
    assert found.release is not None
    assert (found.release.video_id, found.release.found_by) == ("video_a", FoundBy.CREDENTIAL)
    assert (found.picture.fit, found.sound.fit, found.recovered) == (Fit.SAME, Fit.SAME, False)
    assert found.fingerprint.state is MarkState.NOT_LOOKED
    assert world.prints.made == 0


def test_a_copy_without_its_credential_is_known_by_its_mark_and_its_credential_is_recovered(world: World) -> None:
    world.release("a", A)
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a")))
    assert found.headline.code == Headline.RECOVERED
    assert found.recovered
    assert found.recovered_credential is not None
    assert found.recovered_credential.state is CredentialState.RECOVERED
    assert found.facts.unchanged.answer.code == "verify:unchanged:differs"
    assert "recovered" in codes(found.notes)


def test_a_stored_credential_that_does_not_hold_is_never_called_recovered(world: World) -> None:
    world.release("a", A)
    world.credentials.held[b"manifest a"] = a_credential(CredentialState.TAMPERED)
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a")))
    assert found.headline.code == Headline.MADE_HERE
    assert found.facts.unchanged.answer.code == "verify:unchanged:differs_unproved"
    assert "not_recovered" in codes(found.notes)


def test_a_release_whose_credential_was_not_kept_is_known_all_the_same(world: World) -> None:
    world.release("a", A)
    world.bindings.digests["video_a"] = ""
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a")))
    assert (found.headline.code, found.recovered_credential) == (Headline.MADE_HERE, None)


def test_a_broken_credential_does_not_hide_whose_video_it_is(world: World) -> None:
    world.release("a", A)
    tampered = a_credential(CredentialState.TAMPERED)
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a"), credential=tampered))
    assert found.headline.code == Headline.RECOVERED
    assert "own_credential_broken" in codes(found.notes)


def test_whoever_signs_our_video_again_is_named_as_another(world: World) -> None:
    world.release("a", A)
    theirs = a_credential(ai=AiClaim.NO, label="urn:theirs")
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a"), credential=theirs))
    assert found.headline.code == Headline.RECOVERED
    assert "signed_by_another" in codes(found.notes)
    assert found.facts.unchanged.answer.code == "verify:unchanged:unchanged"


@pytest.mark.parametrize("picture", [marked((0, 10, A)), UNMARKED])
def test_bytes_that_no_signature_covers_may_differ_where_the_stored_credential_holds(
    world: World, picture: MarkReading
) -> None:
    own = world.release("a", A)
    report = a_credential(label=own.manifest_label)
    world.credentials.held[b"manifest a"] = report
    found = world.verify(world.file(picture=picture, prints=looks("a"), credential=report))
    assert found.headline.code == Headline.SIGNED_HERE
    assert not {"signed_by_another", "credential_unconfirmed", "not_recovered"} & codes(found.notes)


def test_a_file_that_lost_its_credential_and_nothing_else_is_not_called_different(world: World) -> None:
    own = world.release("a", A)
    world.credentials.held[b"manifest a"] = a_credential(label=own.manifest_label)
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a")))
    assert found.headline.code == Headline.SIGNED_HERE
    assert found.facts.unchanged.answer.code == "verify:unchanged:unchanged"
    assert found.facts.signer.answer.code != "verify:signer:nobody"


def test_our_bytes_under_a_credential_put_in_from_elsewhere_are_not_called_unchanged(world: World) -> None:
    own = world.release("a", A)
    world.credentials.held[b"manifest a"] = a_credential(label=own.manifest_label)
    foreign = a_credential(CredentialState.TAMPERED, label="urn:c2pa:b")
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a"), credential=foreign))
    assert found.headline.code == Headline.RECOVERED
    assert found.facts.unchanged.answer.code == "verify:unchanged:differs"
    assert {"own_credential_broken", "recovered"} <= codes(found.notes)


@pytest.mark.parametrize(
    ("seen", "headline"),
    [((0, 10, A), Headline.RECOVERED), ((0, 2, A), Headline.PART_MADE_HERE)],
)
def test_a_trusted_stranger_who_signs_our_label_over_our_pictures_does_not_sign_for_us(
    world: World, seen: tuple[float, float, int], headline: Headline
) -> None:
    own = world.release("a", A)
    report = a_credential(label=own.manifest_label)
    found = world.verify(world.file(picture=marked(seen), prints=looks("a"), credential=report))
    assert found.headline.code == headline
    assert found.release is not None
    assert found.release.found_by is FoundBy.WATERMARK
    assert "signed_by_another" in codes(found.notes)


def test_bytes_that_no_signature_covers_make_a_withdrawn_release_nobody_elses(world: World) -> None:
    own = world.release("a", A)
    world.withdraw(own)
    world.bindings.digests["video_a"] = ""
    report = a_credential(label=own.manifest_label)
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a"), credential=report))
    assert found.facts.consent.answer.code == "verify:consent:withdrawn"
    assert not {"signed_by_another", "credential_unconfirmed"} & codes(found.notes)


@pytest.mark.parametrize("picture", [UNMARKED, marked((0, 10, A))])
def test_a_trusted_stranger_who_signs_our_label_over_another_film_is_not_believed(
    world: World, picture: MarkReading
) -> None:
    own = world.release("a", A)
    report = a_credential(label=own.manifest_label)
    found = world.verify(world.file(picture=picture, prints=looks("c"), credential=report))
    assert found.headline.code == Headline.AI_TRUSTED
    assert found.release is None
    assert "credential_unconfirmed" in codes(found.notes)


def test_a_still_of_a_release_is_known_by_its_own_digest(world: World) -> None:
    own = world.release("a", A)
    still = b"still of a"
    world.releases.records["video_a"] = replace(own, thumbnail_digest=hashlib.sha256(still).hexdigest())
    report = replace(a_credential(label="urn:still"), soft_binding=SoftBinding("com.placet.mark.1", "", A))
    found = world.verify(world.file(still, credential=report))
    assert found.headline.code == Headline.SIGNED_HERE


@pytest.mark.parametrize("state", [CredentialState.VALID_UNTRUSTED, CredentialState.TAMPERED])
def test_anybodys_signature_over_our_label_proves_no_release(world: World, state: CredentialState) -> None:
    own = world.release("a", A)
    found = world.verify(world.file(credential=a_credential(state, label=own.manifest_label), prints=looks("b")))
    assert (found.release, found.releases) == (None, ())


# --- copied marks


def test_a_mark_on_other_pictures_is_a_copied_mark_and_never_ours(world: World) -> None:
    world.release("a", A)
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("b")))
    assert found.headline.code == Headline.COPIED_MARK
    assert (found.release, found.releases, found.recovered) == (None, (), False)
    assert where(found.picture.spans) == [(0, 10, Fit.DIFFERS, "video_a")]
    assert "mark_copied" in codes(found.notes)


def test_a_mark_copied_onto_a_part_is_not_vouched_for_by_the_rest(world: World) -> None:
    world.release("a", A)
    found = world.verify(world.file(picture=marked((5, 10, A)), prints=looks("a", "b")))
    assert where(found.picture.spans) == [(5, 10, Fit.DIFFERS, "video_a")]
    assert found.release is None


def test_a_few_of_our_seconds_do_not_vouch_for_a_long_film_with_our_mark_copied_all_over_it(world: World) -> None:
    world.release("a", A)
    prints = looks(*"aa", *"c" * 18, seconds=100)
    found = world.verify(world.file(picture=marked((0, 100, A), seconds=100), prints=prints))
    assert found.headline.code == Headline.PART_MADE_HERE
    assert [span.fit for span in found.picture.spans] == [Fit.SAME, Fit.UNCONFIRMED]
    assert found.picture.spans[0].end < 20
    assert found.facts.ai.answer.code == "verify:ai:some_made_here"


def test_a_long_copy_of_which_some_seconds_cannot_be_recognised_is_still_one(world: World) -> None:
    world.release("a", A)
    prints = looks(*"a" * 17, *"ccc", seconds=60)
    found = world.verify(world.file(picture=marked((0, 60, A), seconds=60), prints=prints))
    assert found.headline.code == Headline.RECOVERED
    assert where(found.picture.spans) == [(0, 60, Fit.SAME, "video_a")]


@pytest.mark.parametrize(
    "geometry", [Geometry(scale_x=1.3, scale_y=1.3), Geometry(rotation=8.0), Geometry(scale_x=1.2)]
)
def test_where_a_crop_or_a_turn_forbids_comparing_it_is_neither_ours_nor_copied(
    world: World, geometry: Geometry
) -> None:
    world.release("a", A)
    found = world.verify(world.file(picture=marked((0, 10, A), geometry=geometry), prints=looks("b")))
    assert found.headline.code == Headline.UNCONFIRMED_MARK
    assert found.picture.fit is Fit.UNCONFIRMED
    assert found.release is None
    assert "picture_altered" in codes(found.notes)


def test_a_mark_whose_pictures_cannot_be_fingerprinted_names_no_release(world: World) -> None:
    world.release("a", A)
    found = world.verify(world.file(picture=marked((0, 10, A))))
    assert (found.picture.fit, found.release) == (Fit.UNCONFIRMED, None)


def test_a_mark_of_a_number_that_was_never_released_is_unknown(world: World) -> None:
    found = world.verify(world.file(picture=marked((0, 10, B)), prints=looks("b")))
    assert where(found.picture.spans) == [(0, 10, Fit.UNKNOWN, None)]
    assert found.headline.code == Headline.UNCONFIRMED_MARK


# --- seconds


def test_a_spliced_video_shows_each_videos_seconds(world: World) -> None:
    world.release("a", A)
    world.release("b", B)
    path = world.file(picture=marked((0, 5, A), (5, 10, B)), prints=looks("a", "b"))
    found = world.verify(path)
    assert found.headline == Statement(Headline.SPLICED, (("count", 2),))
    assert where(found.picture.spans) == [(0, 5, Fit.SAME, "video_a"), (5, 10, Fit.SAME, "video_b")]
    assert [(one.start, one.end, one.number) for one in found.timeline] == [(0, 5, 1), (5, 10, 2)]
    assert found.recovered_credential is None


def test_a_part_that_was_made_here_is_shown_with_its_seconds_and_the_rest_is_left_open(world: World) -> None:
    world.release("a", A)
    found = world.verify(world.file(picture=marked((5, 10, A)), prints=looks("b", "a")))
    assert found.headline == Statement(Headline.PART_MADE_HERE, (("start", 5), ("end", 10)))
    assert [(one.start, one.end, one.fit) for one in found.timeline] == [(0, 5, None), (5, 10, Fit.SAME)]
    assert found.facts.ai.answer.code == "verify:ai:some_made_here"


def test_gaps_that_compression_leaves_do_not_make_a_whole_video_a_part(world: World) -> None:
    world.release("a", A)
    found = world.verify(world.file(picture=marked((0, 4, A), (5, 10, A)), prints=looks("a")))
    assert found.headline.code == Headline.RECOVERED


# --- sound


def test_the_sound_of_one_video_in_the_pictures_of_another_is_shown_as_such(world: World) -> None:
    world.release("a", A)
    world.release("b", B)
    path = world.file(picture=marked((0, 10, A)), sound=sounding((2, 5, B)), prints=looks("a", sounds="aabbbaaaaa"))
    found = world.verify(path)
    assert found.headline.code == Headline.RECOVERED
    assert Statement("verify:note:sound_of_another", (("start", 2), ("end", 5))) in found.notes
    assert [release.found_by for release in found.releases] == [FoundBy.WATERMARK, FoundBy.SOUND_WATERMARK]
    assert [(one.track, one.number) for one in found.timeline if one.fit] == [(Track.PICTURE, 1), (Track.SOUND, 2)]


def test_the_sound_of_a_video_under_a_strangers_pictures_is_shown_as_such(world: World) -> None:
    world.release("b", B)
    found = world.verify(world.file(sound=sounding((2, 5, B)), prints=looks("c", sounds="ccbbbccccc")))
    assert found.headline == Statement(Headline.SOUND_FROM_HERE, (("start", 2), ("end", 5)))
    assert found.facts.ai.answer.code == "verify:ai:sound_made_here"
    assert not found.recovered


def test_sound_without_pictures_is_looked_up_too(world: World) -> None:
    world.release("b", B)
    found = world.verify(world.file(picture=None, sound=sounding((0, 10, B)), prints=replace(looks("b"), pictures=())))
    assert (found.picture.state, found.sound.fit) == (MarkState.ABSENT, Fit.SAME)
    assert found.release is not None
    assert found.release.found_by is FoundBy.SOUND_WATERMARK


def test_a_mark_copied_into_other_sound_is_a_copied_mark(world: World) -> None:
    world.release("b", B)
    found = world.verify(world.file(sound=sounding((0, 10, B)), prints=looks("c")))
    assert found.headline.code == Headline.COPIED_SOUND_MARK
    assert found.releases == ()


@pytest.mark.parametrize("reading", [sounding((0, 10, B), speed=1.1), sounding((0, 3, B))], ids=["faster", "short"])
def test_sound_that_cannot_be_compared_is_neither_ours_nor_copied(world: World, reading: object) -> None:
    world.release("b", B)
    found = world.verify(world.file(sound=reading, prints=looks("c")))  # type: ignore[arg-type] # a SoundReading
    assert (found.sound.fit, found.release) == (Fit.UNCONFIRMED, None)


def test_of_two_videos_that_share_a_sound_number_that_is_meant_which_the_pictures_show(world: World) -> None:
    twin = A ^ 1 << 40
    world.release("b", twin)
    world.release("a", A)
    found = world.verify(world.file(picture=marked((0, 10, A)), sound=sounding((0, 10, A)), prints=looks("a")))
    assert where(found.sound.spans) == [(0, 10, Fit.SAME, "video_a")]
    unseen = world.verify(world.file(b"other", sound=sounding((0, 10, A)), prints=looks("c")))
    assert where(unseen.sound.spans) == [(0, 10, Fit.UNKNOWN, None)]


def test_own_pictures_with_unmarked_sound_say_that_the_sound_may_have_been_replaced(world: World) -> None:
    world.release("a", A)
    found = world.verify(world.file(picture=marked((0, 10, A)), sound=UNMARKED_SOUND, prints=looks("a")))
    assert "sound_unmarked" in codes(found.notes)


# --- likeness, and nothing


def test_a_likeness_without_a_mark_is_said_to_be_one_and_names_no_release(world: World) -> None:
    world.release("a", A)
    found = world.verify(world.file(prints=looks("a")))
    assert found.headline.code == Headline.LOOKS_LIKE
    assert (found.release, found.facts.consent.answer.code) == (None, "verify:consent:unknown")
    assert next((match.video_id, match.by) for match in found.fingerprint.matches) == ("video_a", "pictures")


def test_a_strangers_file_has_nothing_and_that_proves_nothing(world: World) -> None:
    found = world.verify(world.file(prints=looks("c")))
    assert found.headline.code == Headline.NOTHING
    assert codes(found.notes) == {"no_credential", "no_mark", "absence"}
    assert found.fingerprint.state is MarkState.NOT_FOUND


def test_what_is_no_medium_is_answered_calmly(world: World) -> None:
    path = world.folder / "garbage.mp4"
    path.write_bytes(b"garbage")
    found = world.verify(path)
    assert found.headline.code == Headline.MALFORMED
    assert (found.picture.state, found.sound.state) == (MarkState.UNREADABLE, MarkState.UNREADABLE)


def test_a_missing_detector_is_no_answer_about_marks(world: World) -> None:
    path = world.file(prints=looks("c"))
    world.marks.failing = Unavailable("no marker")
    found = world.verify(path)
    assert (found.picture.state, found.sound.state) == (MarkState.NOT_LOOKED, MarkState.NOT_LOOKED)
    assert "marks_not_looked" in codes(found.notes)


def test_an_outage_of_the_database_is_told_and_no_answer_is_made_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(number: int) -> None:
        raise Unavailable(f"no database for {number}")

    monkeypatch.setattr(world.releases, "by_number", away)
    with pytest.raises(Unavailable):
        world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a")))


# --- credentials of others


@pytest.mark.parametrize(
    ("reason", "answer"),
    [
        (CredentialReason.EXPIRED, "expired"),
        (CredentialReason.REVOKED, "revoked"),
        (CredentialReason.WRONG_CERTIFICATE, "wrong_certificate"),
    ],
)
def test_faults_of_the_signers_are_never_called_tampering(world: World, reason: CredentialReason, answer: str) -> None:
    report = a_credential(CredentialState.VALID_UNTRUSTED, AiClaim.NO, reasons=(reason,))
    found = world.verify(world.file(credential=report, prints=looks("c")))
    assert found.facts.signer.answer.code == f"verify:signer:{answer}"
    assert found.facts.unchanged.answer.code == "verify:unchanged:unchanged"
    assert f"signer_{answer}" in codes(found.notes)
    assert "changed after" not in everything_said(found)


def test_a_fault_of_an_ingredient_is_shown_beside_an_intact_credential(world: World) -> None:
    fault = IngredientReport("<b>old\u202efilm</b>", "parentOf", "urn:x", 0, ("assertion.bmffHash.mismatch",), None)
    report = replace(a_credential(), ingredients=(fault,))
    found = world.verify(world.file(credential=report, prints=looks("c")))
    assert found.headline.code == Headline.AI_TRUSTED
    said = next(note for note in found.notes if note.code == "verify:note:ingredient_failed")
    assert dict(said.values)["title"] == "<b>oldfilm</b>"


def test_many_ingredient_faults_are_counted_and_not_all_told(world: World) -> None:
    faults = tuple(IngredientReport(f"clip {at}", "inputTo", "", 0, ("x.mismatch",), None) for at in range(25))
    found = world.verify(world.file(credential=replace(a_credential(), ingredients=faults), prints=looks("c")))
    assert Statement("verify:note:more_ingredients_failed", (("count", 15),)) in found.notes


def test_further_anchors_reach_every_credential_that_is_read(world: World) -> None:
    world.release("a", A)
    path = world.file(picture=marked((0, 10, A)), prints=looks("a"))
    world.desk.verify(path, trust_anchors=("root",), tsa_anchors=("stamps",))
    assert world.credentials.asked_with == [(("root",), ("stamps",))] * 2


def test_a_mark_that_disagrees_with_the_credential_is_said(world: World) -> None:
    own = world.release("a", A)
    world.release("b", B)
    found = world.verify(world.own_file(own, picture=marked((0, 10, B)), prints=looks("a")))
    assert "mark_disagrees" in codes(found.notes)
    assert found.release is not None
    assert found.release.video_id == "video_a"


# --- consent and names


@pytest.mark.parametrize("with_credential", [True, False])
def test_a_withdrawn_release_is_said_to_be_withdrawn(world: World, with_credential: bool) -> None:
    own = world.release("a", A, status="withdrawn")
    copy = world.file(picture=marked((0, 10, A)), prints=looks("a"))
    found = world.verify(world.own_file(own) if with_credential else copy)
    assert found.release is not None
    assert found.release.consent == "withdrawn"
    assert found.facts.consent.answer.code == "verify:consent:withdrawn"
    assert "withdrawn" in codes(found.notes)


@pytest.mark.parametrize(("people", "answer"), [(0, "active_nobody"), (1, "active_one"), (3, "active")])
def test_consent_is_told_by_number_and_never_by_name(world: World, people: int, answer: str) -> None:
    world.release("a", A, people=people)
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a")))
    assert found.facts.consent.answer.code == f"verify:consent:{answer}"
    assert not re.search(r"acct_|subj_|ada", repr(found))


def test_a_release_that_the_ledger_does_not_prove_is_said_to_lack_proof(world: World) -> None:
    own = world.release("a", A)
    world.ledger.missing.add(own.ledger_index)
    found = world.verify(world.file(picture=marked((0, 10, A)), prints=looks("a")))
    assert "not_in_ledger" in codes(found.notes)


# --- progress


def test_every_step_is_told_in_order(world: World) -> None:
    steps: list[Step] = []
    world.desk.verify(world.file(prints=looks("c")), on_step=steps.append)
    assert steps == list(Step)


def test_the_digest_and_size_are_those_of_the_file(world: World) -> None:
    found = world.verify(world.file(b"abc", prints=looks("c")))
    assert found.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert found.size == 3


def test_a_still_has_a_mark_without_seconds(world: World) -> None:
    world.release("a", A)
    still = MarkReading(True, A, 30.0, 7.0, Geometry(), 1, 0.0, "1", (), 1e-12)
    found = world.verify(world.file(picture=still, prints=replace(looks("a"), sound=(), times=())))
    assert (found.headline.code, found.timeline, found.seconds) == (Headline.RECOVERED, (), 0.0)


def test_unmarked_pictures_leave_an_empty_row(world: World) -> None:
    found = world.verify(world.file(picture=UNMARKED, prints=looks("c")))
    assert [(one.start, one.end, one.fit) for one in found.timeline] == [(0, 10, None)]


def everything_said(found: Verification) -> str:
    words = wording("en")
    facts = found.facts
    said = [found.headline, *found.notes, *(one.label for one in found.timeline)]
    for fact in (facts.signer, facts.ai, facts.unchanged, facts.consent):
        said += [fact.answer, fact.explanation, *([fact.caution] if fact.caution else [])]
    return "\n".join(words.say(one.code, one.values) for one in said)
