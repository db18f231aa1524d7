"""What of claimed videos, sounds and looks is recognised, and what is said of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from copyright_optout.api import Band, ClaimKind, ClaimState, OptOutReason
from copyright_optout.domain import MOST_REFERENCES, ReferenceKind
from copyright_optout.errors import UnknownClaim, UnusableClaim
from copyright_optout.store import DatabaseReferences
from tests.factories.references import Claimant, Printing, melody, picture, played, video
from tests.fakes.optout import look_at
from trust_kernel.db import Database
from trust_kernel.media.refs import SAMPLE_RATE
from trust_kernel.media.sound_prints import sped
from trust_kernel.media.sound_search import SoundScheme, SoundWords

FILM = tuple(range(100, 140))


@pytest.fixture
def claimant(tmp_path: Path) -> Claimant:
    database = Database(f"sqlite:///{tmp_path}/claims.db")
    database.create_all()
    return Claimant(database)


def test_a_copy_of_a_claimed_video_is_a_match_both_ways_second_by_second(claimant: Claimant) -> None:
    claim = claimant.claim()
    claimant.refers(claim, video(*FILM[:20]))
    (work,) = claimant.optouts.pictured(video(*FILM[:20]))
    assert (work.claim.id, work.band, work.reason) == (claim.id, Band.MATCH, OptOutReason.WORK_PICTURED)
    assert work.overlap is not None
    assert (work.overlap.query_share, work.overlap.work_share, work.overlap.pictures) == (1.0, 1.0, 20)
    assert [(moment.second, moment.work_second) for moment in work.overlap.moments] == [(n, n) for n in range(20)]
    assert work.seconds == (0.0, 19.0)


def test_an_excerpt_within_another_video_is_a_match_by_what_was_taken(claimant: Claimant) -> None:
    claimant.refers(claimant.claim(), video(*FILM))
    (work,) = claimant.optouts.pictured(video(*range(20), *FILM[10:14]))
    assert work.band is Band.MATCH
    assert work.overlap is not None
    assert work.overlap.query_share == pytest.approx(4 / 24)
    assert work.overlap.work_share == pytest.approx(4 / 40)
    assert work.seconds == (20.0, 23.0)
    assert [moment.work_second for moment in work.overlap.moments] == [10.0, 11.0, 12.0, 13.0]


def test_one_shared_picture_is_for_a_person_however_long_it_stands(claimant: Claimant) -> None:
    claimant.refers(claimant.claim(), video(*FILM))
    (work,) = claimant.optouts.pictured(video(*range(12), FILM[0], FILM[0], FILM[0], FILM[0]))
    assert (work.band, work.reason) == (Band.UNSURE, OptOutReason.PICTURE_UNSURE)


def test_a_still_of_a_claimed_video_is_a_match(claimant: Claimant) -> None:
    claimant.refers(claimant.claim(), video(*FILM))
    (work,) = claimant.optouts.pictured(look_at(picture(FILM[7])))
    assert work.band is Band.MATCH


def test_a_copy_of_which_half_is_cut_away_off_centre_is_found(claimant: Claimant) -> None:
    claimant.refers(claimant.claim(), video(*FILM[:6]))
    cut = [np.ascontiguousarray(picture(seed)[10:95, 40:153]) for seed in FILM[:6]]
    (work,) = claimant.optouts.pictured(look_at(*cut))
    assert work.band is Band.MATCH


def test_a_mirrored_and_cropped_copy_is_found(claimant: Claimant) -> None:
    claimant.refers(claimant.claim(), video(*FILM[:6]))
    changed = [np.ascontiguousarray(picture(seed)[5:-5, 6:-6][:, ::-1]) for seed in FILM[:6]]
    (work,) = claimant.optouts.pictured(look_at(*changed))
    assert work.band is Band.MATCH


def test_another_video_shares_nothing(claimant: Claimant) -> None:
    claimant.refers(claimant.claim(), video(*FILM))
    assert claimant.optouts.pictured(video(*range(24))) == ()


def test_a_reference_counts_from_the_next_search_of_every_process_and_ends_with_its_claim(claimant: Claimant) -> None:
    claim, other = claimant.claim(), claimant.process()
    copy = video(*FILM[:6])
    assert other.pictured(copy) == ()
    kept = claimant.refers(claim, copy)
    assert [work.claim.id for work in other.pictured(copy)] == [claim.id]
    claimant.moves(claim, ClaimState.DISPUTED)
    assert other.pictured(copy) == ()
    claimant.moves(claim, ClaimState.ACTIVE)
    assert other.pictured(copy) != ()
    claimant.desk.drop(claim.id, kept.id, by="acct_a")
    assert other.pictured(copy) == ()


def test_a_claim_that_does_not_stand_stops_nothing_by_its_references(claimant: Claimant) -> None:
    claimant.refers(claimant.claim(state=ClaimState.VERIFIED), video(*FILM[:6]))
    assert claimant.optouts.pictured(video(*FILM[:6])) == ()


def test_claimed_music_is_heard_with_its_place_in_both(claimant: Claimant) -> None:
    claim = claimant.claim(ClaimKind.MUSIC)
    claimant.refers(claim, played(melody(1, 40)))
    claimant.refers(claimant.claim(ClaimKind.MUSIC), played(melody(2, 20)))
    query = np.concatenate([melody(3, 6), melody(1, 40)[12 * SAMPLE_RATE : 24 * SAMPLE_RATE], melody(4, 6)])
    (work,) = claimant.optouts.heard(played(query))
    assert (work.claim.id, work.band, work.reason) == (claim.id, Band.MATCH, OptOutReason.MUSIC_HEARD)
    assert work.seconds == pytest.approx((6, 18), abs=0.6)
    assert work.offset == pytest.approx(12, abs=0.6)
    assert work.share == pytest.approx(12 / 40, abs=0.04)
    assert work.score > 0.8 > work.score_threshold
    assert work.printer == "energy-1"


@pytest.mark.parametrize("speed", [0.96, 1.02, 1.05])
def test_claimed_music_is_heard_played_slower_or_faster(claimant: Claimant, speed: float) -> None:
    claim = claimant.claim(ClaimKind.MUSIC)
    claimant.refers(claim, played(melody(1, 30)))
    claimant.refers(claimant.claim(ClaimKind.MUSIC), played(melody(2, 20)))
    query = np.concatenate([melody(3, 6), sped(melody(1, 30)[12 * SAMPLE_RATE : 22 * SAMPLE_RATE], speed)])
    (work,) = claimant.optouts.heard(played(query))
    assert (work.claim.id, work.band) == (claim.id, Band.MATCH)
    assert work.offset == pytest.approx(12, abs=0.6)


def test_a_dropped_sound_is_not_heard_at_any_speed(claimant: Claimant) -> None:
    claim = claimant.claim(ClaimKind.MUSIC)
    kept = claimant.refers(claim, played(melody(1, 12)))
    faster = played(sped(melody(1, 12), 1.04))
    assert claimant.optouts.heard(faster) != ()
    claimant.desk.drop(claim.id, kept.id, by="acct_a")
    assert claimant.optouts.heard(faster) == ()


def test_of_a_sound_without_anything_to_hear_no_speed_is_kept(claimant: Claimant) -> None:
    kept = claimant.refers(claimant.claim(), video(*FILM[:3]))
    assert kept.sounds == ()


def test_a_few_seconds_of_a_claimed_work_are_for_a_person(claimant: Claimant) -> None:
    claimant.refers(claimant.claim(), played(melody(1, 20)))
    query = np.concatenate([melody(3, 5), melody(1, 20)[: round(4.9 * SAMPLE_RATE)], melody(4, 5)])
    (work,) = claimant.optouts.heard(played(query))
    assert (work.band, work.reason) == (Band.UNSURE, OptOutReason.SOUND_UNSURE)


def test_other_music_silence_and_a_picture_are_not_heard(claimant: Claimant) -> None:
    claimant.refers(claimant.claim(ClaimKind.MUSIC), played(melody(1, 20)))
    for look in (played(melody(5, 20)), played(np.zeros(20 * SAMPLE_RATE, np.float32)), look_at(picture(1))):
        assert claimant.optouts.heard(look) == ()


class Backwards:
    """A printer that would take anything for anything of its own."""

    name = "backwards-1"
    scheme = SoundScheme(kept_every=1, anchor_step=1)

    def prints(self, samples: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> SoundWords:
        return np.full(len(samples) * 8 // SAMPLE_RATE, 0x5A5A1234, np.uint32)


def test_each_printer_hears_what_it_made_itself(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/two.db")
    database.create_all()
    one = Claimant(database)
    claim = one.claim()
    one.refers(claim, played(melody(1, 20)))
    one.printers = (*one.printers, Backwards())
    two = one.process()
    assert two.heard(played(melody(9, 20))) == ()
    one.optouts = two
    kept = one.refers(claim, played(melody(1, 20)))
    assert {sound.printer for sound in kept.sounds} == {"energy-1", "backwards-1"}
    assert [work.printer for work in two.heard(played(melody(9, 20)))] == ["backwards-1"]


def test_codes_of_works_are_kept_with_their_references(claimant: Claimant) -> None:
    claim = claimant.claim()
    claimant.desk.add_picture(claim.id, picture(1), by="acct_a", staff=True)
    claimant.refers(claim, video(*FILM[:3]))
    found = {reference.kind: reference.codes for reference in claimant.desk.of_claim(claim.id)}
    assert found[ReferenceKind.TEXT][0].startswith("ISCC:AA")
    assert found[ReferenceKind.PICTURE][0].startswith("ISCC:EE")
    assert found[ReferenceKind.VIDEO] == ("ISCC:KUAA",)
    assert len(claimant.desk.of_claim(claim.id)) == 3


def test_the_code_of_a_title_follows_the_title(claimant: Claimant) -> None:
    claim = claimant.claim()
    claimant.desk.describe(claim)
    (before,) = claimant.desk.of_claim(claim.id)
    claimant.desk.describe(claim)
    assert [one.id for one in claimant.desk.of_claim(claim.id)] == [before.id]
    claimant.desk.describe(replace(claim, terms=replace(claim.terms, title="The Teal Fox")))
    (after,) = claimant.desk.of_claim(claim.id)
    assert after.codes != before.codes


def test_a_reference_with_nothing_to_see_or_hear_is_refused(claimant: Claimant) -> None:
    claim = claimant.claim()
    with pytest.raises(UnusableClaim) as refused:
        claimant.refers(claim, played(np.zeros(8 * SAMPLE_RATE, np.float32)))
    assert (refused.value.code, refused.value.field) == ("optout:reference:empty", "file")
    assert claimant.desk.of_claim(claim.id) == []


def test_a_claim_holds_so_many_references_and_no_more(claimant: Claimant, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = claimant.claim()
    monkeypatch.setattr(DatabaseReferences, "count", lambda _self, _id: MOST_REFERENCES)
    with pytest.raises(UnusableClaim) as refused:
        claimant.desk.add_picture(claim.id, picture(1), by="acct_a", staff=True)
    assert refused.value.limit == f"{MOST_REFERENCES} references"


def test_references_belong_to_claims_that_are_there(claimant: Claimant) -> None:
    with pytest.raises(UnknownClaim):
        claimant.desk.add_picture("claim_9", picture(1), by="acct_a")


def test_without_a_model_it_is_said_that_look_alikes_are_not_searched(claimant: Claimant) -> None:
    claim = claimant.claim(ClaimKind.CHARACTER)
    kept = claimant.desk.add_picture(claim.id, picture(1), by="acct_a", staff=True)
    assert kept.looks is None
    assert not claimant.optouts.looks_searched
    assert claimant.optouts.resembled(look_at(picture(1))) == ()
    assert "optout:looks" not in claimant.optouts.made_with
    assert isinstance(claimant.files, Printing)
