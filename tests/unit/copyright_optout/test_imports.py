"""Lists of claims: each line has its own answer, nothing is added twice, and what was interrupted goes on."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from copyright_optout.api import Claim, ClaimState, Concern
from copyright_optout.domain import OptOutFault
from copyright_optout.domain.imports import MOST_TRIES, ImportState, LineOutcome
from copyright_optout.domain.reasons import ImportEvent, ImportFault
from copyright_optout.service import import_batches, import_stream, imports
from tests.factories.claims import filing, terms
from tests.factories.databases import sqlite
from tests.factories.imports import HOLDER, STAFF, ImportHouse, import_house
from trust_kernel.errors import Conflict, InvalidInput, NotFound

ADDED, CHANGED, UNCHANGED, REJECTED = LineOutcome


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ImportHouse]:
    with sqlite(tmp_path) as database:
        yield import_house(database)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "BATCH", 3)


def claims(house: ImportHouse) -> list[Claim]:
    return sorted(house.index.page(HOLDER, limit=500), key=lambda claim: claim.terms.title)


def numbered(count: int) -> str:
    return "title,reference\n" + "".join(f"Foxwort Number{n:03},ref-{n}\n" for n in range(count))


# --- what is read


def test_a_table_becomes_claims_that_wait_for_staff(house: ImportHouse) -> None:
    done = house.taken(
        "title,kind,names,descriptions,settings,territories,licensees,told,starts_at,expires_at,reference,ground,"
        "statement,registration\n"
        "Fennimore Fox,work,Fenn|The Teal Fox,a teal fox,violent|comedy,it|DE,acct_l,kind,2026-12-01,"
        "2027-12-01T00:00:00+01:00,ref-1,author,drawn by us,R 7\n"
    )
    assert (done.state, done.counts.added, done.lines) == (ImportState.DONE, 1, 1)
    (claim,) = claims(house)
    assert (claim.state, claim.reference, claim.filed_by) == (ClaimState.SUBMITTED, "ref-1", HOLDER)
    assert claim.terms.names == ("Fenn", "The Teal Fox")
    assert claim.terms.blocks.territories == {"IT", "DE"}
    assert claim.terms.blocks.settings == {"violent", "comedy"}
    assert [one.account_id for one in claim.terms.licences] == ["acct_l"]
    assert claim.proof is not None
    assert (claim.proof.ground, claim.proof.registration) == ("author", "R 7")
    assert not house.index.named("fennimore fox dances")


@pytest.mark.parametrize("form", ["lines", "array"])
def test_json_says_the_same(house: ImportHouse, form: str) -> None:
    items = [{"title": "Fennimore", "names": ["Fenn"], "reference": 7}, {"title": "Grizelda", "names": None}]
    data = "\n".join(map(json.dumps, items)) if form == "lines" else json.dumps(items, indent=1)
    assert house.taken(data).counts.added == 2
    first = claims(house)[0]
    assert (first.reference, first.terms.names) == ("7", ("Fenn",))


def test_drafts_need_no_proof_and_a_later_import_hands_them_in(house: ImportHouse) -> None:
    assert house.taken(numbered(2), submit=False).counts.added == 2
    assert {claim.state for claim in claims(house)} == {ClaimState.DRAFT}
    assert [line.outcome for line in house.lines(numbered(2))] == [CHANGED, CHANGED]
    assert {claim.state for claim in claims(house)} == {ClaimState.SUBMITTED}
    assert all(claim.declared and claim.proof for claim in claims(house))


# --- bad input: each its own answer


BAD = (
    ('"the"', OptOutFault.NAME_COMMON, "title"),
    ('" "', OptOutFault.NAME_EMPTY, "title"),
    (f'"{"x" * 300}"', OptOutFault.NAME_LENGTH, "title"),
    ('"Fenn", "names": ["Fenny", ""]', OptOutFault.NAME_EMPTY, "names"),
    ('"Fenn", "names": ["the"]', OptOutFault.NAME_COMMON, "names"),
    ('"Fenn", "kind": "wizard"', ImportFault.VALUE, "kind"),
    ('"Fenn", "told": "all"', ImportFault.VALUE, "told"),
    ('"Fenn", "settings": ["kitchen"]', ImportFault.VALUE, "settings"),
    ('"Fenn", "territories": ["Italy"]', OptOutFault.TERRITORY, "territories"),
    ('"Fenn", "expires_at": "soon"', ImportFault.VALUE, "expires_at"),
    ('"Fenn", "expires_at": "1998-01-01"', OptOutFault.DATES, "expires_at"),
    ('"Fenn", "reference": "' + "r" * 201 + '"', ImportFault.VALUE, "reference"),
    ('"Fenn", "statement": "' + "s" * 2001 + '"', OptOutFault.PROOF, "proof"),
    ('"Fenn", "wizardry": 1', ImportFault.COLUMN, ""),
    ('"Fenn", "names": {"a": 1}', ImportFault.VALUE, "names"),
    (r'"Fe\u0000nn"', ImportFault.ENCODING, "title"),
    (r'"Fe\ud800nn"', ImportFault.ENCODING, "title"),
    ("1.5", ImportFault.VALUE, "title"),
)


@pytest.mark.parametrize(("said", "code", "field"), BAD)
def test_a_bad_line_says_what_is_wrong_and_the_rest_is_kept(
    house: ImportHouse, said: str, code: str, field: str
) -> None:
    good, bad, last = house.lines(f'{{"title": "Good"}}\n{{"title": {said}}}\n{{"title": "Last"}}\n')
    assert [good.outcome, bad.outcome, last.outcome] == [ADDED, REJECTED, ADDED]
    assert bad.trouble is not None
    assert (bad.line, bad.trouble.code, bad.trouble.field, bad.claim_id) == (2, code, field, "")
    assert bad.trouble.advice


def test_a_date_at_the_end_of_time_is_one(house: ImportHouse) -> None:
    assert house.taken('{"title": "Fenn", "expires_at": "9999-12-31T23:59:59-10:00"}').counts.added == 1
    (claim,) = claims(house)
    assert claim.terms.expires_at is not None
    assert claim.terms.expires_at.year == 9999


def test_a_name_of_fifty_megabytes_costs_its_own_line(house: ImportHouse) -> None:
    data = b"title\nGood\n" + b"(a+)+" * 10_000_000 + b"\nLast\n"
    good, bad, last = house.lines(data)
    assert [good.outcome, bad.outcome, last.outcome] == [ADDED, REJECTED, ADDED]
    assert bad.trouble is not None
    assert bad.trouble.code == ImportFault.TOO_LARGE


def test_a_line_in_latin_1_and_one_with_a_nul_cost_themselves(house: ImportHouse) -> None:
    found = house.lines(b"title\nGood\nCaf\xe9 Fox\nFe\0nn\nLast\n")
    assert [line.trouble.code if line.trouble else "" for line in found] == [
        "",
        ImportFault.ENCODING,
        ImportFault.UNREADABLE,
        "",
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ImportFault.UNREADABLE),
        (b" \n", ImportFault.UNREADABLE),
        ("title\nFenn\n".encode("utf-16"), ImportFault.ENCODING),
        ("title\nFenn\n".encode("utf-16-be"), ImportFault.ENCODING),
        (b"name,kind\nFenn,work\n", ImportFault.COLUMN),
        (b"title,wizardry\nFenn,x\n", ImportFault.COLUMN),
        (b"[nonsense", ImportFault.UNREADABLE),
        (b"t\xeftle\nFenn\n", ImportFault.ENCODING),
    ],
)
def test_a_file_that_is_no_list_is_refused_at_once_and_not_kept(house: ImportHouse, data: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        house.sent(data)
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert not house.blobs.stored
    assert not house.desk.page(None)


def test_an_import_that_hands_in_needs_every_declaration(house: ImportHouse) -> None:
    order = imports.ImportOrder(house.own, HOLDER, proof=house.order().proof)
    with pytest.raises(InvalidInput) as refused:
        house.desk.start(order, io.BytesIO(b"title\nFenn\n"))
    assert refused.value.code == OptOutFault.DECLARATIONS


def test_an_array_that_breaks_keeps_what_stands_before_it(house: ImportHouse) -> None:
    done = house.taken('[{"title": "Good"}, {"title": "Fine"}, {"title" oops')
    assert (done.state, done.counts.added, done.last_line) == (ImportState.FAILED, 2, 2)
    assert done.failure is not None
    assert done.failure.code == ImportFault.UNREADABLE
    assert house.told(ImportEvent.FAILED) == [HOLDER]


def test_the_same_work_twice_in_a_file_is_taken_once(house: ImportHouse) -> None:
    found = house.lines("title,reference\nFenn,a\nOther,a\nGrizelda,\nGRIZELDA!,\n")
    assert [line.outcome for line in found] == [ADDED, REJECTED, ADDED, REJECTED]
    troubles = [line.trouble for line in found if line.trouble]
    assert {trouble.code for trouble in troubles} == {ImportFault.REPEATED}
    assert [trouble.detail for trouble in troubles] == ["line 2 has the same reference", "line 4 has the same title"]


def test_concerns_are_reported_and_the_claims_are_kept(house: ImportHouse) -> None:
    house.index.desk.file(filing(house.index, terms("Grizelda"), by="acct_b"))
    house.people.names["ada lovelace"] = "acct_ada"
    word, person, double, plain = house.lines("title\nApple\nAda Lovelace\nGrizelda\nFoxwort Fennimore\n")
    assert [[one.concern for one in line.concerns] for line in (word, person, double, plain)] == [
        [Concern.COMMON_WORD],
        [Concern.PERSON],
        [Concern.DUPLICATE],
        [],
    ]
    assert {line.outcome for line in (word, person, double, plain)} == {ADDED}
    assert house.told("optout:person:named") == ["acct_ada"]


# --- again, and going on


def test_a_second_import_of_the_same_file_changes_nothing(house: ImportHouse) -> None:
    data = "title,names,reference\nFennimore,Fenn,ref-1\nGrizelda,,\n"
    house.taken(data)
    before, entries = claims(house), len(house.record.entries)
    assert [line.outcome for line in house.lines(data)] == [UNCHANGED, UNCHANGED]
    assert claims(house) == before
    assert len(house.record.entries) == entries


def test_what_changed_is_brought_up_to_date_until_somebody_has_looked_at_it(house: ImportHouse) -> None:
    house.taken("title,names,reference\nFennimore,Fenn,ref-1\nGrizelda,,ref-2\nThird Fox,,ref-3\n")
    known = {claim.reference: claim.id for claim in claims(house)}
    house.index.desk.activate(known["ref-2"], actor=STAFF)
    house.index.desk.move(known["ref-3"], ClaimState.WITHDRAWN, actor=HOLDER)
    found = house.lines("title,names,reference\nFennimore,Fenny,ref-1\nGrizelda,Gri,ref-2\nThird Fox,,ref-3\n")
    assert [(line.outcome, line.trouble.code if line.trouble else "") for line in found] == [
        (CHANGED, ""),
        (REJECTED, ImportFault.STANDS),
        (REJECTED, ImportFault.ENDED),
    ]
    assert house.index.claim(known["ref-1"]).terms.names == ("Fenny",)
    assert house.index.claim(known["ref-2"]).terms.names == ()


def test_a_list_says_nothing_about_licences_that_it_does_not_name(house: ImportHouse) -> None:
    house.taken("title,licensees,reference\nFennimore,acct_l,ref-1\n")
    assert [line.outcome for line in house.lines("title,reference\nFennimore,ref-1\n")] == [UNCHANGED]


def test_two_organisations_may_have_the_same_reference(house: ImportHouse) -> None:
    other = house.index.organisations.own("acct_b").id
    house.taken("title,reference\nFennimore,ref-1\n")
    assert house.taken("title,reference\nGrizelda,ref-1\n", organisation=other).counts.added == 1
    (claim,) = claims(house)
    assert claim.terms.title == "Fennimore"


@pytest.mark.usefixtures("small_batches")
def test_a_worker_goes_on_where_another_one_died(house: ImportHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    job = house.sent(numbered(10))
    kept = import_batches.Intake.keep
    calls = iter(range(10))

    def dying(self: import_batches.Intake, batch: import_batches.Batch) -> object:
        if next(calls) == 2:
            raise SystemExit
        return kept(self, batch)

    monkeypatch.setattr(import_batches.Intake, "keep", dying)
    with pytest.raises(SystemExit):
        house.desk.work(job.id)
    monkeypatch.undo()
    monkeypatch.setattr(imports, "BATCH", 3)
    half = house.desk.found(job.id)
    assert (half.state, half.lines, half.counts.added) == (ImportState.RUNNING, 6, 6)
    assert house.desk.work(job.id).lines == 6  # whoever died may yet be alive
    house.clock.moment += timedelta(seconds=61)
    house.desk.tend()
    done = house.desk.found(job.id)
    assert (done.state, done.lines, done.counts.added) == (ImportState.DONE, 10, 10)
    assert [line.line for line in house.desk.report(done)] == list(range(2, 12))
    assert len(claims(house)) == 10


@pytest.mark.usefixtures("small_batches")
def test_a_repeated_line_is_known_across_an_interruption(house: ImportHouse) -> None:
    job = house.sent("title\nFoxwort A\nFoxwort B\nFoxwort C\nFoxwort D\nfoxwort a\n")
    one_batch(house, job.id)
    assert house.desk.found(job.id).lines == 3
    lines = list(house.desk.report(house.desk.work(job.id)))
    assert (lines[4].outcome, lines[4].trouble.detail if lines[4].trouble else "") == (
        REJECTED,
        "line 2 has the same title",
    )


def one_batch(house: ImportHouse, import_id: str) -> None:
    """Work at an import whose time is up, which is one batch."""
    house.desk.work(import_id, until=0.0)


def test_an_import_that_gets_no_further_is_given_up_and_keeps_nobody_elses_waiting(
    house: ImportHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, other = house.sent(numbered(2)), house.sent("title\nGrizelda\n")
    kept = import_batches.Intake.keep

    def broken(self: import_batches.Intake, batch: import_batches.Batch) -> object:
        if self._job.id == poison.id:
            raise ZeroDivisionError
        return kept(self, batch)

    monkeypatch.setattr(import_batches.Intake, "keep", broken)
    for _ in range(MOST_TRIES):
        with pytest.raises(ZeroDivisionError):
            house.desk.tend()
        house.clock.moment += timedelta(seconds=61)
    house.desk.tend()
    ended = house.desk.found(poison.id)
    assert (ended.state, ended.failure.code if ended.failure else "") == (ImportState.FAILED, ImportFault.GIVEN_UP)
    assert house.desk.found(other.id).state is ImportState.DONE
    assert house.told(ImportEvent.FAILED) == [HOLDER]


@pytest.mark.usefixtures("small_batches")
def test_a_long_list_gets_further_in_every_step(house: ImportHouse) -> None:
    job = house.sent(numbered(10))
    for lines in (3, 6, 9):
        one_batch(house, job.id)
        assert house.desk.found(job.id).lines == lines


def test_a_list_that_is_too_long_ends_where_it_is(house: ImportHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_stream, "MOST_LINES", 4)
    assert house.taken(numbered(4)).state is ImportState.DONE
    ended = house.taken("title\n" + "".join(f"Grizelda {letter}\n" for letter in "abcde"))
    assert (ended.state, ended.counts.added) == (ImportState.FAILED, 4)
    assert ended.failure is not None
    assert (ended.failure.code, ended.failure.limit) == (ImportFault.TOO_LONG, "4 lines")


def test_two_workers_at_one_import_add_nothing_twice(house: ImportHouse) -> None:
    job = house.sent(numbered(4))
    first = house.desk.work(job.id)
    assert house.desk.work(job.id) == first
    assert len(claims(house)) == 4


def test_a_claim_that_is_filed_meanwhile_is_known_at_the_next_try(
    house: ImportHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = house.sent("title,reference\nFennimore,ref-1\nGrizelda,ref-2\n")
    kept = import_batches.Intake.keep
    tries = []

    def raced(self: import_batches.Intake, batch: import_batches.Batch) -> object:
        tries.append(batch)
        if len(tries) == 1:
            raise Conflict("you have a claim with this reference already")
        return kept(self, batch)

    monkeypatch.setattr(import_batches.Intake, "keep", raced)
    assert house.desk.work(job.id).counts.added == 2


# --- ending, telling, forgetting


@pytest.mark.usefixtures("small_batches")
def test_a_cancelled_import_keeps_what_was_taken_in_and_drops_its_file(house: ImportHouse) -> None:
    job = house.sent(numbered(9))
    one_batch(house, job.id)
    assert house.desk.cancel(job.id).state is ImportState.CANCELLED
    house.desk.tend()
    done = house.desk.found(job.id)
    assert (done.state, done.counts.added, done.digest) == (ImportState.CANCELLED, 3, "")
    assert not house.blobs.stored
    with pytest.raises(Conflict):
        house.desk.cancel(job.id)


def test_the_file_goes_at_the_end_even_if_that_was_interrupted(
    house: ImportHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = house.sent(numbered(1))

    def broken(digest: str) -> None:
        raise SystemExit(digest)

    with monkeypatch.context() as patch:
        patch.setattr(house.blobs, "delete", broken)
        with pytest.raises(SystemExit):
            house.desk.work(job.id)
    assert house.blobs.stored
    house.desk.tend()
    assert not house.blobs.stored


def test_two_files_with_the_same_bytes_do_not_share_one_blob(house: ImportHouse) -> None:
    first, second = house.sent(numbered(1)), house.sent(numbered(1))
    house.desk.work(first.id)
    assert house.desk.work(second.id).counts.unchanged == 1


def test_members_and_staff_are_told_once(house: ImportHouse) -> None:
    house.taken(numbered(3))
    assert house.told(ImportEvent.DONE) == [HOLDER]
    assert house.told(ImportEvent.HANDED_IN) == [STAFF]
    assert [kind for kind, _ in house.record.entries].count(ImportEvent.TAKEN_IN) == 1
    assert "Foxwort" not in json.dumps([body for kind, body in house.record.entries])


def test_only_so_many_files_of_an_organisation_wait(house: ImportHouse) -> None:
    for _ in range(imports.MOST_UNFINISHED):
        house.sent(numbered(1))
    with pytest.raises(Conflict) as refused:
        house.sent(numbered(1))
    assert refused.value.code == ImportFault.TOO_MANY


def test_an_import_is_forgotten_after_some_months_and_its_claims_are_not(house: ImportHouse) -> None:
    done = house.taken(numbered(1))
    house.clock.moment += imports.KEPT + timedelta(seconds=1)
    house.desk.tend()
    with pytest.raises(NotFound):
        house.desk.found(done.id)
    assert len(claims(house)) == 1


def test_a_rehearsal_says_the_same_and_keeps_nothing(house: ImportHouse) -> None:
    house.taken("title,reference\nFennimore,ref-1\n")
    before = claims(house)
    data = io.BytesIO(b"title,reference\nFennimore,ref-1\nGrizelda,ref-2\nthe,ref-3\n")
    found = list(house.desk.rehearse(house.order(), data))
    assert [line.outcome for line in found] == [UNCHANGED, ADDED, REJECTED]
    assert [bool(line.claim_id) for line in found] == [True, False, False]
    assert claims(house) == before


# --- activating


@pytest.mark.usefixtures("small_batches")
def test_an_import_is_activated_but_for_what_somebody_has_to_look_at(house: ImportHouse) -> None:
    house.index.desk.file(filing(house.index, terms("Grizelda"), by="acct_b"))
    done = house.taken("title\nFoxwort A\nGrizelda\nFoxwort C\nApple\nFoxwort E\n")
    house.desk.activate(done.id, actor=STAFF)
    house.desk.tend()
    ended = house.desk.found(done.id)
    assert (ended.state, ended.activated, ended.left) == (ImportState.ACTIVATED, 4, 1)
    assert [claim.terms.title for claim in claims(house) if claim.state is ClaimState.ACTIVE] == [
        "Apple",
        "Foxwort A",
        "Foxwort C",
        "Foxwort E",
    ]
    assert house.index.named("a film of Foxwort E")
    assert not house.index.named("a film of Grizelda")
    assert sorted(house.told(ImportEvent.ACTIVATED)) == [HOLDER, STAFF]
    assert house.told("optout:claim:active") == []


def test_a_name_that_somebody_claimed_since_the_import_is_not_activated(house: ImportHouse) -> None:
    done = house.taken("title\nGrizelda\n")
    house.index.desk.file(filing(house.index, terms("Grizelda"), by="acct_b"))
    house.desk.activate(done.id, actor=STAFF)
    assert (house.desk.work(done.id).activated, house.desk.found(done.id).left) == (0, 1)


def test_whoever_registered_since_the_import_is_told_when_it_is_activated(house: ImportHouse) -> None:
    done = house.taken("title\nAda Lovelace\n")
    house.people.names["ada lovelace"] = "acct_ada"
    for _ in range(2):
        house.desk.activate(done.id, actor=STAFF)
        assert (house.desk.work(done.id).activated, house.desk.found(done.id).left) == (0, 1)
    assert house.told("optout:person:named") == ["acct_ada"]


def test_a_claim_that_would_stop_too_much_is_left(house: ImportHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    done = house.taken("title\nFoxwort A\nFoxwort B\n")
    flood = next(claim for claim in claims(house) if claim.terms.title == "Foxwort A")
    tools = house.desk._tools
    monkeypatch.setattr(type(tools), "floods", property(lambda _self: lambda _claims: {flood.id: "31"}))
    house.desk.activate(done.id, actor=STAFF)
    assert (house.desk.work(done.id).activated, house.desk.found(done.id).left) == (1, 1)
    assert [one.concern for one in house.index.concerns([flood.id])[flood.id]] == [Concern.FLOOD]


def test_what_a_later_list_changed_is_not_activated_with_the_one_that_was_looked_at(house: ImportHouse) -> None:
    looked_at = house.taken("title,reference\nGrizelda Gnome,r1\nFoxwort,r2\n")
    house.clock.moment += timedelta(seconds=1)
    house.taken("title,reference\nSomething Else,r1\n")
    house.desk.activate(looked_at.id, actor=STAFF)
    assert (house.desk.work(looked_at.id).activated, house.desk.found(looked_at.id).left) == (1, 1)
    assert not house.index.named("Something Else")


def test_a_claim_is_activated_as_it_was_seen(house: ImportHouse) -> None:
    house.taken("title,reference\nGrizelda Gnome,r1\n")
    (seen,) = claims(house)
    house.clock.moment += timedelta(seconds=1)
    house.taken("title,reference\nSomething Else,r1\n")
    with pytest.raises(Conflict) as activating:
        house.index.desk.activate(seen.id, actor=STAFF, seen=seen.changed_at)
    with pytest.raises(Conflict) as verifying:
        house.index.desk.move(seen.id, ClaimState.VERIFIED, actor=STAFF, seen=seen.changed_at)
    assert activating.value.code == verifying.value.code == OptOutFault.CHANGED_SINCE
    (now,) = claims(house)
    assert house.index.desk.activate(seen.id, actor=STAFF, seen=now.changed_at).state is ClaimState.ACTIVE


def test_drafts_and_withdrawn_claims_are_left(house: ImportHouse) -> None:
    done = house.taken(numbered(2), submit=False)
    house.index.desk.move(claims(house)[0].id, ClaimState.WITHDRAWN, actor=HOLDER)
    house.desk.activate(done.id, actor=STAFF)
    assert (house.desk.work(done.id).activated, house.desk.found(done.id).left) == (0, 2)


def test_activating_again_counts_what_is_active_as_neither(house: ImportHouse) -> None:
    done = house.taken(numbered(2))
    for expected in (2, 0):
        house.desk.activate(done.id, actor=STAFF)
        assert house.desk.work(done.id).activated == expected
    assert house.desk.found(done.id).left == 0


def test_what_is_still_read_is_not_activated(house: ImportHouse) -> None:
    with pytest.raises(Conflict) as refused:
        house.desk.activate(house.sent(numbered(1)).id, actor=STAFF)
    assert refused.value.code == ImportFault.UNFINISHED
