"""Blocked names and faces, how entries change, and who may lift a block."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from likeness_guard.api import Gallery, LikenessGuard
from likeness_guard.domain.lifting import authority, confirms, loosened
from likeness_guard.domain.people import (
    EXPLAINED,
    Alias,
    Category,
    Entry,
    EntryQuery,
    LiftedBy,
    LiftProposal,
    Likeness,
    NewEntry,
    Noise,
    usually_lifted_by,
)
from likeness_guard.errors import BlocklistFault, EnrolmentFault
from likeness_guard.service.blocklist_terms import MOST_ALIASES, ReferenceMedia, checked, commitment, entry_of
from tests.fakes.likeness import image, picture_of, voice_of
from tests.unit.likeness_guard.blocklist_house import STARTS, House
from tests.unit.likeness_guard.conftest import GuardMaker
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, InvalidInput, NotFound, NotPermitted

ADA = NewEntry("Ada Lovelace", aliases=["Countess of Lovelace", " ", "Ada Lovelace", "Ада Лавлейс@ru"])
STAFF, OTHER = "acct_one", "acct_two"


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "root.key")


# --- names


def test_a_blocked_person_is_found_by_name_and_by_alias(house: House) -> None:
    house.list.enter(ADA, STAFF)
    hits = house.list.named("a film of Ada Lovelace, then the Countess of Lovelace")
    assert [(hit.name, hit.alias) for hit in hits] == [
        ("Ada Lovelace", "Ada Lovelace"),
        ("Ada Lovelace", "Countess of Lovelace"),
    ]
    assert house.names("Ада Лавлейс") == ["Ada Lovelace"]
    assert house.names("a film of a red bicycle") == []


def test_a_name_is_blocked_in_every_process_at_once_and_lifted_in_every_one(make_guard: GuardMaker) -> None:
    here, there = make_guard(), make_guard()
    assert here.named("Ada Lovelace") == ()
    entry = there.add_entry(NewEntry("Ada Lovelace"))
    assert len(here.named("Ada Lovelace")) == 1
    here.remove_entry(entry)
    assert there.named("Ada Lovelace") == ()


def test_a_changed_name_is_found_at_once_and_the_former_one_no_more(house: House, database: Database) -> None:
    other = House(database, house.key_file)
    entry = house.list.enter(NewEntry("Ada Lovelace"), STAFF).entry
    assert other.names("Ada Lovelace") == ["Ada Lovelace"]
    house.list.change(entry.id, {"name": "Augusta King"}, STAFF)
    assert other.names("Ada Lovelace meets Augusta King") == ["Augusta King"]


def test_an_entry_of_an_open_transaction_is_not_taken_in_before_it_commits(house: House, database: Database) -> None:
    other = House(database, house.key_file)

    def undone() -> None:
        with database.transaction():
            house.list.enter(NewEntry("Ada Lovelace"), STAFF)
            assert house.names("Ada Lovelace") == []
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    entry = other.list.enter(NewEntry("Grace Hopper"), STAFF)
    assert entry.entry.version == 1
    assert house.names("Ada Lovelace and Grace Hopper") == ["Grace Hopper"]


def test_a_process_says_how_far_its_names_are_behind(house: House, database: Database) -> None:
    other = House(database, house.key_file)
    house.list.enter(ADA, STAFF)
    assert other.list.lag() == 1
    other.list.warm()
    assert other.list.lag() == 0


# --- dates


def test_an_entry_blocks_nothing_outside_its_dates(house: House) -> None:
    starts, ends = STARTS.replace(day=10), STARTS.replace(day=20)
    entry = house.list.enter(NewEntry("Ada Lovelace", starts_at=starts, ends_at=ends), STAFF).entry
    found = []
    for moment in (STARTS, starts, ends.replace(day=19), ends):
        house.clock.moment = moment
        found.append((bool(house.names("Ada Lovelace")), entry.id in house.entries.standing([entry.id], moment)))
    assert found == [(False, False), (True, True), (True, True), (False, False)]


def test_a_block_ends_after_it_starts(house: House) -> None:
    with pytest.raises(InvalidInput) as refused:
        house.list.enter(NewEntry("Ada", starts_at=STARTS, ends_at=STARTS), STAFF)
    assert (refused.value.code, refused.value.field) == (BlocklistFault.MALFORMED, "ends_at")


# --- what an entry may say


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (NewEntry("x" * 201), "name"),
        (NewEntry("Ada\x07"), "name"),
        (NewEntry("Ada\ud800"), "name"),
        (NewEntry("Ada", aliases=["A\x00da"]), "aliases.0"),
        (NewEntry("The"), "name"),
        (NewEntry("Ada", aliases=["Countess", "the"]), "aliases.1"),
        (NewEntry("Ada", aliases=["(a+)+" * 10_000_000]), "aliases.0"),
        (NewEntry("Ada", aliases=[Alias("Ada King", "not a tag")]), "aliases.0"),
        (NewEntry("Ada", aliases=[f"Ada {n}" for n in range(MOST_ALIASES + 1)]), "aliases"),
        (NewEntry("Ada", category="wizard"), "category"),
        (NewEntry("Ada", external_id="a b"), "external_id"),
        (NewEntry("Ada", external_id="Q" * 101), "external_id"),
        (NewEntry("Ada", source="x" * 1001), "source"),
        (NewEntry("Ada", note="x" * 2001), "note"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_field_and_limit(house: House, entry: NewEntry, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        house.list.enter(entry, STAFF)
    assert (refused.value.code, refused.value.field) == (BlocklistFault.MALFORMED, field)
    assert refused.value.limit
    assert house.list.count() == 0


@pytest.mark.parametrize("name", ["", "  ", "…", "🎈"])
def test_an_entry_needs_a_name_with_a_letter_in_it(house: House, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        house.list.enter(NewEntry(name), STAFF)
    assert (refused.value.code, refused.value.field) == (EnrolmentFault.NAME_MISSING, "name")


def test_an_alias_may_carry_its_language(house: House) -> None:
    entry = house.list.enter(ADA, STAFF).entry
    assert entry.aliases == (Alias("Countess of Lovelace"), Alias("Ада Лавлейс", "ru"))
    assert house.list.get(entry.id) == entry


def test_every_category_is_explained() -> None:
    assert set(EXPLAINED) == set(Category)


def test_two_entries_never_share_an_external_id(house: House) -> None:
    house.list.enter(NewEntry("Ada", external_id="Q7259"), STAFF)
    other = house.list.enter(NewEntry("Grace"), STAFF).entry
    with pytest.raises(Conflict):
        house.list.enter(NewEntry("Ada too", external_id="Q7259"), STAFF)
    with pytest.raises(Conflict):
        house.list.change(other.id, {"external_id": "Q7259"}, STAFF)
    assert house.list.count() == 2


# --- changes, history, ledger


def test_a_change_of_a_version_that_is_gone_is_refused(house: House) -> None:
    entry = house.list.enter(ADA, STAFF).entry
    house.list.change(entry.id, {"note": "first"}, STAFF, version=1)
    with pytest.raises(Conflict) as refused:
        house.list.change(entry.id, {"note": "second"}, OTHER, version=1)
    assert refused.value.code == BlocklistFault.CHANGED_MEANWHILE
    assert house.list.get(entry.id).note == "first"


def test_a_change_that_changes_nothing_leaves_no_trace(house: House) -> None:
    entry = house.list.enter(ADA, STAFF).entry
    assert house.list.change(entry.id, {"name": "Ada Lovelace", "note": ""}, OTHER).entry == entry
    assert len(house.list.history(entry.id)) == len(house.record) == 1


def test_history_says_who_changed_what_and_stays_after_the_block_was_lifted(house: House) -> None:
    entry = house.list.enter(ADA, STAFF).entry
    house.clock.forward(hours=1)
    house.list.change(entry.id, {"note": "countess", "category": "royalty"}, OTHER)
    house.list.lift(entry.id, STAFF, "entered by mistake")
    lifted, changed, added = house.list.history(entry.id)
    assert (added.version, added.by, added.at) == (1, STAFF, STARTS)
    assert changed.changes == {"note": ("", "countess"), "category": ("other", "royalty")}
    assert (lifted.by, lifted.reason, lifted.name, lifted.version) == (STAFF, "entered by mistake", "Ada Lovelace", 3)
    with pytest.raises(NotFound):
        house.list.get(entry.id)


def test_every_change_is_on_the_ledger_as_digests_alone(house: House) -> None:
    entry = house.list.enter(ADA, STAFF).entry
    changed = house.list.change(entry.id, {"note": "x"}, OTHER).entry
    house.list.lift(entry.id, OTHER, "why not")
    assert house.kinds == ["likeness:entry:added", "likeness:entry:changed", "likeness:entry:lifted"]
    assert [body["version"] for _, body in house.record] == [1, 2, 3]
    assert house.record[1][1]["content_sha256"] == commitment(changed)
    assert "Lovelace" not in str(house.record)
    assert "why not" not in str(house.record)


def test_the_ledger_does_not_let_names_be_tried_against_it(house: House) -> None:
    first, second = (house.list.enter(NewEntry("Ada Lovelace"), STAFF).entry for _ in range(2))
    assert first.salt != second.salt
    bodies = [body for _, body in house.record]
    assert bodies[0]["content_sha256"] != bodies[1]["content_sha256"]


def test_nothing_is_kept_where_the_ledger_does_not_take_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(house.list, "_record", type("Full", (), {"append": broken})())
    with pytest.raises(RuntimeError):
        house.list.enter(NewEntry("Ada Lovelace", faces=[picture_of(5)]), STAFF)
    assert house.list.count() == 0
    assert house.guard.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER


# --- lifting


def test_one_of_the_policy_team_lifts_an_ordinary_block_and_its_templates_go(house: House) -> None:
    entry = house.list.enter(NewEntry("Ada Lovelace", faces=[picture_of(5)], voices=[voice_of(9)]), STAFF).entry
    assert house.guard.examine(image(picture_of(5))).sightings[0].about == entry.id
    assert house.list.lift(entry.id, STAFF, "asked for in error").done
    assert house.guard.examine(image(picture_of(5))).sightings[0].gallery is Gallery.STRANGER
    assert (house.names("Ada Lovelace"), house.lifted, house.blocked) == ([], [entry.id], [entry.id])


def test_a_lift_needs_a_reason(house: House) -> None:
    entry = house.list.enter(ADA, STAFF).entry
    with pytest.raises(InvalidInput) as refused:
        house.list.lift(entry.id, STAFF, "  ")
    assert refused.value.field == "reason"


def test_lifting_a_block_that_is_not_there_is_not_found(guard: LikenessGuard, house: House) -> None:
    with pytest.raises(NotFound):
        guard.remove_entry("blk_nothing")
    with pytest.raises(NotFound):
        house.list.history("blk_nothing")


def test_a_minor_is_never_unblocked_by_one_person(house: House) -> None:
    entry = house.list.enter(NewEntry("Ada", category="minor", lifted_by=LiftedBy.POLICY_TEAM), STAFF).entry
    for _ in range(3):
        assert not house.list.lift(entry.id, STAFF, "they grew up").done
    assert house.names("Ada") == ["Ada"]
    assert house.list.get(entry.id).proposal is not None
    assert house.list.lift(entry.id, OTHER, "I saw the papers").done
    assert house.names("Ada") == []
    assert "likeness:entry:lift_proposed" in house.kinds


def test_a_proposal_does_not_stand_for_ever_nor_after_a_change(house: House) -> None:
    entry = house.list.enter(NewEntry("Ada", lifted_by=LiftedBy.TWO_STAFF), STAFF).entry
    house.list.lift(entry.id, STAFF, "why")
    house.clock.forward(days=15)
    assert not house.list.lift(entry.id, OTHER, "late").done
    house.list.change(entry.id, {"note": "another matter"}, OTHER)
    assert not house.list.lift(entry.id, STAFF, "again").done


@pytest.mark.parametrize("wanted", [LiftedBy.PERSON, LiftedBy.ESTATE])
def test_a_block_that_is_the_persons_to_lift_needs_their_word_and_two_who_read_it(
    house: House, wanted: LiftedBy
) -> None:
    entry = house.list.enter(NewEntry("Ada", lifted_by=wanted), STAFF).entry
    for word, proof in ((None, "letter"), (LiftedBy.POLICY_TEAM, "letter"), (wanted, " ")):
        with pytest.raises(NotPermitted) as refused:
            house.list.lift(entry.id, STAFF, "why", word, proof)
        assert refused.value.code == BlocklistFault.WORD_MISSING
    assert not house.list.lift(entry.id, STAFF, "they wrote", wanted, "letter of 3 May").done
    with pytest.raises(NotPermitted):
        house.list.lift(entry.id, OTHER, "sure")
    assert house.list.lift(entry.id, OTHER, "I read it", LiftedBy.PERSON, "letter of 3 May").done


def test_what_nobody_may_lift_is_not_lifted_by_two(house: House) -> None:
    entry = house.list.enter(NewEntry("Ada", lifted_by=LiftedBy.NOBODY), STAFF).entry
    for staff in (STAFF, OTHER):
        with pytest.raises(NotPermitted) as refused:
            house.list.lift(entry.id, staff, "why", LiftedBy.PERSON, "letter")
        assert refused.value.code == BlocklistFault.LIFTED_BY_NOBODY


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "Somebody Else"}, "name"),
        ({"aliases": []}, "aliases"),
        ({"lifted_by": "policy_team"}, "lifted_by"),
        ({"starts_at": STARTS.replace(year=2030)}, "starts_at"),
        ({"ends_at": STARTS.replace(day=2)}, "ends_at"),
    ],
)
def test_a_block_that_one_may_not_lift_one_may_not_loosen_either(
    house: House, fields: dict[str, object], field: str
) -> None:
    entry = house.list.enter(NewEntry("Ada", ["Countess"], lifted_by=LiftedBy.TWO_STAFF), STAFF).entry
    with pytest.raises(NotPermitted) as refused:
        house.list.change(entry.id, fields, STAFF)
    assert (refused.value.code, refused.value.field) == (BlocklistFault.TWO_NEEDED, field)
    assert house.list.get(entry.id) == entry
    house.list.change(entry.id, {"aliases": ["Countess", "Lady"], "lifted_by": LiftedBy.NOBODY}, STAFF)
    assert house.names("Lady") == []  # "lady" is a common word, found only where it is written like a name
    assert house.names("with Lady") == ["Ada"]


def test_a_minor_does_not_stop_being_one_by_one_persons_hand(house: House) -> None:
    entry = house.list.enter(NewEntry("Ada", category="minor", lifted_by=LiftedBy.POLICY_TEAM), STAFF).entry
    with pytest.raises(NotPermitted):
        house.list.change(entry.id, {"category": "performer"}, STAFF)


_DATES = st.none() | st.datetimes(STARTS.replace(tzinfo=None), STARTS.replace(year=2027, tzinfo=None))
_STEPS = st.one_of(
    st.tuples(st.just("lift"), st.sampled_from([None, *LiftedBy]), st.sampled_from(["", "letter"])),
    st.tuples(
        st.just("change"),
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["Ada Lovelace", "Grace Hopper"]),
                "aliases": st.lists(st.sampled_from(["Ada Lovelace", "Countess"]), max_size=2),
                "category": st.sampled_from(list(Category)),
                "lifted_by": st.sampled_from(list(LiftedBy)),
                "ends_at": _DATES,
                "starts_at": _DATES,
            },
        ),
        st.none(),
    ),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    category=st.sampled_from(list(Category)),
    lifted_by=st.sampled_from([None, *LiftedBy]),
    steps=st.lists(_STEPS, max_size=8),
)
def test_one_person_alone_never_gets_round_a_block_that_one_may_not_lift(
    house: House, category: Category, lifted_by: LiftedBy | None, steps: list[tuple[str, object, object]]
) -> None:
    new = NewEntry("Ada Lovelace", category=category, lifted_by=lifted_by)
    entry = house.list.enter(new, STAFF).entry
    if authority(entry) is LiftedBy.POLICY_TEAM:
        return
    for what, first, second in steps:
        try:
            if what == "lift":
                house.list.lift(entry.id, STAFF, "why", first, str(second))  # type: ignore[arg-type]
            else:
                assert isinstance(first, dict)
                house.list.change(entry.id, first, STAFF)
        except (NotPermitted, InvalidInput):
            continue
    now = house.list.get(entry.id)
    assert "Ada Lovelace" in now.names
    assert now.stands(STARTS)
    assert authority(now) is not LiftedBy.POLICY_TEAM


def test_who_usually_may_lift() -> None:
    assert usually_lifted_by(Category.MINOR) is LiftedBy.TWO_STAFF
    assert usually_lifted_by(Category.DECEASED_WITH_ESTATE) is LiftedBy.ESTATE
    assert usually_lifted_by(Category.CANDIDATE) is LiftedBy.POLICY_TEAM


# --- who is like them


def test_the_same_name_in_another_order_alphabet_or_spelling_is_reported(house: House) -> None:
    first = house.list.enter(NewEntry("Mikhail Gorbachev", external_id="Q1"), STAFF).entry
    for name, kind in (
        ("Gorbachev, Mikhail", Likeness.SAME_NAME),
        ("Михаил Горбачёв", Likeness.SAME_NAME),
        ("Mikhail Gorbatchev", Likeness.NEAR_NAME),
    ):
        similar = house.list.enter(NewEntry(name), STAFF).similar
        assert (first.id, kind) in [(one.about, one.kind) for one in similar]
    assert house.list.enter(NewEntry("Mikhail Bulgakov"), STAFF).similar == ()


def test_an_alias_that_is_somebody_elses_name_is_reported(house: House) -> None:
    first = house.list.enter(NewEntry("Norma Jeane Mortenson", ["Marilyn Monroe"]), STAFF).entry
    (similar,) = house.list.enter(NewEntry("Marilyn  MONROE"), STAFF).similar
    assert (similar.about, similar.kind, similar.name) == (first.id, Likeness.SAME_NAME, "Norma Jeane Mortenson")


def test_a_face_like_another_entrys_or_an_enrolled_persons_is_reported_and_not_refused(house: House) -> None:
    first = house.list.enter(NewEntry("Ada Lovelace", faces=[picture_of(5)]), STAFF).entry
    house.guard.enrol("subj_1", [picture_of(9)], [])
    twin = house.list.enter(NewEntry("Grace Hopper", faces=[picture_of(5, likeness=0.85)]), STAFF)
    assert [(one.about, one.kind, one.gallery) for one in twin.similar] == [(first.id, Likeness.FACE, "blocklist")]
    other = house.list.enter(NewEntry("Jean Bartik", faces=[picture_of(9)]), STAFF)
    assert [(one.about, one.kind, one.sure) for one in other.similar] == [("subj_1", Likeness.FACE, True)]


def test_names_that_are_common_words_or_very_short_are_reported(house: House) -> None:
    noisy = house.list.enter(NewEntry("Al", ["Will", "Frozen", "Aloysius", "李白"]), STAFF).noisy
    assert [(one.name, one.why) for one in noisy] == [
        ("Al", Noise.SHORT),
        ("Will", Noise.COMMON_WORD),
        ("Frozen", Noise.COMMON_WORD),
    ]


def test_reference_media_can_be_added_later_and_the_same_file_adds_nothing(house: House) -> None:
    entry = house.list.enter(ADA, STAFF).entry
    media = ReferenceMedia([picture_of(5)], (), ["aa" * 32])
    taught = house.list.teach(entry.id, media, STAFF).entry
    assert (taught.has_face, taught.version) == (True, 2)
    assert house.guard.examine(image(picture_of(5))).sightings[0].about == entry.id
    assert house.list.teach(entry.id, media, STAFF).entry == taught


# --- lists


def test_pages_hold_every_entry_once_in_order_of_name(house: House) -> None:
    for number in range(7):
        house.list.enter(NewEntry(f"Person {number % 4}", category="judge" if number % 2 else "minor"), STAFF)
    seen: list[Entry] = []
    after: tuple[str, str] | None = None
    while page := house.list.page(EntryQuery(after=after, limit=3)):
        seen += page
        after = (page[-1].name, page[-1].id)
    assert [entry.name for entry in seen] == sorted(entry.name for entry in seen)
    assert len({entry.id for entry in seen}) == 7
    judges = house.list.page(EntryQuery(category=Category.JUDGE))
    assert [entry.category for entry in judges] == [Category.JUDGE] * 3


def test_a_list_is_searched_whatever_the_case_accents_and_wildcards(house: House) -> None:
    house.list.enter(NewEntry("Zoë Čapek", ["Зоя"]), STAFF)
    house.list.enter(NewEntry("Percent Sign"), STAFF)
    assert [e.name for e in house.list.page(EntryQuery(text="ZOE cap"))] == ["Zoë Čapek"]
    assert [e.name for e in house.list.page(EntryQuery(text="зоя"))] == ["Zoë Čapek"]
    assert house.list.page(EntryQuery(text="z_e")) == []


def test_a_list_can_be_of_those_who_stand_today_alone(house: House) -> None:
    house.list.enter(NewEntry("Past", ends_at=STARTS), STAFF)
    house.list.enter(NewEntry("Present"), STAFF)
    house.list.enter(NewEntry("Future", starts_at=STARTS.replace(year=2030)), STAFF)
    assert [e.name for e in house.list.page(EntryQuery(standing_at=STARTS))] == ["Present"]


def test_a_proposal_stands_for_a_fortnight_less_a_moment() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    proposal = LiftProposal(STAFF, "why", at)
    assert confirms(OTHER, proposal, at + timedelta(days=14) - timedelta(microseconds=1))
    assert not confirms(OTHER, proposal, at + timedelta(days=14))
    assert not confirms(STAFF, proposal, at)


def test_a_block_that_starts_earlier_or_ends_later_is_not_loosened() -> None:
    early, late = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
    before = an_entry(starts_at=early, ends_at=late)
    assert loosened(before, an_entry(starts_at=early - timedelta(days=1), ends_at=late + timedelta(days=1))) == ()
    assert loosened(before, an_entry(starts_at=early, ends_at=late)) == ()
    assert loosened(before, an_entry(starts_at=early + timedelta(days=1), ends_at=late)) == ("starts_at",)
    assert loosened(before, an_entry(starts_at=early, ends_at=late - timedelta(days=1))) == ("ends_at",)


def an_entry(*, starts_at: datetime, ends_at: datetime) -> Entry:
    new = NewEntry("Ada Example", starts_at=starts_at, ends_at=ends_at)
    return replace(entry_of(checked(new), STAFF, starts_at, (), "00"), id="blk_a")


def test_many_templates_of_an_entry_that_has_ended_do_not_hide_one_that_stands(house: House) -> None:
    ended = house.list.enter(
        NewEntry("Ada Example", faces=[picture_of(5)], ends_at=STARTS + timedelta(days=1)), STAFF, digests=["0"]
    ).entry
    for number in range(12):
        house.list.teach(ended.id, ReferenceMedia([picture_of(5)], [], [f"{number + 1}"]), STAFF)
    stands = house.list.enter(NewEntry("Ada Example again", faces=[picture_of(5)]), STAFF).entry
    (sighting,) = house.guard.examine(image(picture_of(5))).sightings  # by the system's clock, long after
    assert sighting.about == stands.id
