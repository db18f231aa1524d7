"""Files of people: what is read, what is kept, what is reported, and that it can be done again."""

import io
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from likeness_guard.adapters.people_files import MediaFolder, read_people
from likeness_guard.domain.people import Alias, Category, LiftedBy, Likeness, NewEntry
from likeness_guard.errors import BlocklistFault, EnrolmentFault, ImportFault
from likeness_guard.ports.people_files import BadLine, ListedPerson
from likeness_guard.service import blocklist_import
from likeness_guard.service.blocklist_import import LineReport, Outcome
from tests.fakes.likeness import image, picture_of
from tests.unit.likeness_guard.blocklist_house import House
from trust_kernel.db import Database
from trust_kernel.errors import InvalidInput
from trust_kernel.media.refs import Look, MediaLimits
from trust_kernel.tabular import json_items

TODAY = date(2026, 11, 22)
BY = "acct_one"


class PlainDecoder:
    """Pillow, without a sandbox: these bytes are our own."""

    def look(self, path: Path, limits: MediaLimits = MediaLimits(), *, field: str = "file") -> Look:  # noqa: B008 - the port's signature; the limits are frozen
        del limits, field
        return image(np.asarray(Image.open(path).convert("RGB"), np.uint8))


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path / "root.key")


def read(text: str | bytes) -> list[ListedPerson | BadLine]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_people(io.BytesIO(data), TODAY))


def take(house: House, text: str | bytes, folder: Path | None = None, **options: Any) -> list[LineReport]:
    data = text.encode() if isinstance(text, str) else text
    media = MediaFolder(folder, PlainDecoder(), MediaLimits()) if folder else None
    return list(house.list.importer().run(read_people(io.BytesIO(data), TODAY), BY, media=media, **options))


def outcomes(reports: Sequence[LineReport]) -> list[tuple[int, str]]:
    return [(report.line, report.outcome.value) for report in reports]


# --- tables


def test_a_table_is_read_with_every_column() -> None:
    (person,) = read(
        "name,aliases,category,lifted_by,starts,ends,source,external_id,note,faces,voices\n"
        '"King, Ada",Countess | Ада@ru,royalty,two_staff,2026-01-01,2026-12-31,https://a.example,Q7259,n,a.png|b.png,a.wav\n'
    )
    assert isinstance(person, ListedPerson)
    assert person.fields == {
        "name": "King, Ada",
        "aliases": ("Countess", "Ада@ru"),
        "category": "royalty",
        "lifted_by": "two_staff",
        "starts_at": datetime(2026, 1, 1, tzinfo=UTC),
        "ends_at": datetime(2027, 1, 1, tzinfo=UTC),
        "source": "https://a.example",
        "external_id": "Q7259",
        "note": "n",
    }
    assert (person.line, person.faces, person.voices) == (2, ("a.png", "b.png"), ("a.wav",))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables_of_any_usual_delimiter_and_a_byte_order_mark_are_read(delimiter: str) -> None:
    text = f"\ufeffName{delimiter}Category\r\nAda{delimiter}royalty\r\n"
    (person,) = read(text)
    assert isinstance(person, ListedPerson)
    assert person.fields == {"name": "Ada", "category": "royalty"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ImportFault.UNREADABLE),
        (b"  \n ", ImportFault.UNREADABLE),
        (b"\x89PNG\r\n\x1a\n\x00\x00", ImportFault.UNREADABLE),
        (b"who,what\nAda,x\n", ImportFault.COLUMN),
        (b"name,alias\nAda,x\n", ImportFault.COLUMN),
        (b"name,name\nAda,x\n", ImportFault.COLUMN),
        (b"[1, 2", ImportFault.UNREADABLE),
        (b"{", ImportFault.UNREADABLE),
        (b"{}", ImportFault.UNREADABLE),
        (b'{"entities": {"Q1": nonsense}}', ImportFault.UNREADABLE),
        (b'{"entities": \xff\xfe}', ImportFault.UNREADABLE),
        (b"[" * 100_000, ImportFault.UNREADABLE),
    ],
)
def test_a_file_that_is_neither_table_nor_document_is_refused_with_a_reason(data: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(data)
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert refused.value.limit


def test_bad_lines_never_stop_good_ones(house: House) -> None:
    reports = take(
        house,
        b"name,category,ends,external_id\n"
        b"Ada Lovelace,royalty,,Q1\n"
        b"too,few\n"
        b",,,\n"
        b"Nobody,wizard,,Q2\n"
        b"Late,,soon,Q3\n"
        b",judge,,Q4\n"
        b"Twice,,,Q1\n"
        b"Bad \xff\xfe bytes,,,Q5\n"
        b'"Grace\nHopper",,,Q6\n'
        b"Jean Bartik,,,Q 7\n"
        b"Kay McNulty,,,\n",
    )
    assert outcomes(reports) == [
        (2, "added"),
        (3, "rejected"),
        (5, "rejected"),
        (6, "rejected"),
        (7, "rejected"),
        (8, "rejected"),
        (9, "rejected"),
        (10, "added"),
        (12, "rejected"),
        (13, "added"),
    ]
    codes = [(report.troubles[0].code, report.troubles[0].field) for report in reports if report.troubles]
    assert codes == [
        (ImportFault.UNREADABLE, ""),
        (BlocklistFault.MALFORMED, "category"),
        (BlocklistFault.MALFORMED, "ends"),
        (EnrolmentFault.NAME_MISSING, "name"),
        (ImportFault.REPEATED, "external_id"),
        (ImportFault.UNREADABLE, ""),
        (BlocklistFault.MALFORMED, "external_id"),
    ]
    assert [entry.name for entry in house.list.entries()] == ["Ada Lovelace", "Grace Hopper", "Kay McNulty"]


def test_a_second_import_of_the_same_file_changes_nothing(house: House) -> None:
    table = "name,aliases,category,external_id\nAda,Countess,royalty,Q1\nGrace,,,\n"
    first = take(house, table)
    before, record = house.list.entries(), len(house.record)
    assert outcomes(take(house, table)) == [(2, "unchanged"), (3, "unchanged")]
    assert (house.list.entries(), len(house.record)) == (before, record)
    assert [report.entry_id for report in first] == [entry.id for entry in before]


def test_an_import_brings_entries_up_to_date_and_never_takes_a_name_away(house: House) -> None:
    house.list.enter(NewEntry("Ada", ["Countess"], "royalty", external_id="Q1", note="ours"), BY)
    (report,) = take(house, "name,aliases,category,external_id\nAda Lovelace,Lady L.@en,performer,Q1\n")
    entry = house.list.get(report.entry_id)
    assert report.outcome is Outcome.UPDATED
    assert (entry.names, entry.category, entry.note, entry.version) == (
        ("Ada Lovelace", "Countess", "Ada", "Lady L."),
        Category.PERFORMER,
        "ours",
        2,
    )


def test_an_import_does_not_loosen_what_one_person_may_not_lift(house: House) -> None:
    entry = house.list.enter(NewEntry("Ada", category="minor", external_id="Q1"), BY).entry
    (report,) = take(house, "name,category,external_id\nAda,performer,Q1\n")
    assert (report.outcome, report.troubles[0].code) == (Outcome.REJECTED, BlocklistFault.TWO_NEEDED)
    assert house.list.get(entry.id) == entry


def test_an_interrupted_import_is_taken_up_where_it_stopped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocklist_import, "BATCH", 10)
    lines = [f"Person Number{n},Q{n}\n" for n in range(1, 36)]

    def cut() -> Iterator[ListedPerson | BadLine]:
        for number, person in enumerate(read("name,external_id\n" + "".join(lines))):
            if number == 25:
                raise OSError
            yield person

    with pytest.raises(OSError):  # noqa: PT011 - raised by the test itself
        list(house.list.importer().run(cut(), BY))
    assert house.list.count() == 20
    done = take(house, "name,external_id\n" + "".join(lines))
    assert [report.outcome.value for report in done] == ["unchanged"] * 20 + ["added"] * 15
    assert house.list.count() == 35


def test_each_batch_is_one_entry_of_the_ledger_without_names(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocklist_import, "BATCH", 2)
    take(house, "name\nAda\nGrace\nJean\n")
    assert house.kinds == ["likeness:entry:imported"] * 2
    assert [(body["added"], body["changed"]) for _, body in house.record] == [(2, 0), (1, 0)]
    assert "Grace" not in str(house.record)


def test_a_dry_run_says_what_would_be_and_keeps_nothing(house: House, tmp_path: Path) -> None:
    house.list.enter(NewEntry("Ada", external_id="Q1"), BY)
    table = "name,external_id,note,faces\nAda,Q1,new,\nGrace,Q2,,g.png\nX,Q3,,\nAda,Q4,,\n"
    reports = take(house, table, tmp_path, dry_run=True)
    assert outcomes(reports) == [(2, "updated"), (3, "added"), (4, "added"), (5, "added")]
    assert reports[1].troubles[0].code == ImportFault.FILE_MISSING
    assert (reports[1].entry_id, reports[2].noisy[0].name) == ("", "X")
    assert reports[3].similar[0].kind is Likeness.SAME_NAME
    assert (house.list.count(), len(house.record)) == (1, 1)


def test_people_who_may_be_one_are_reported_within_the_file_and_beyond(house: House) -> None:
    house.list.enter(NewEntry("Ada King", external_id="Q0"), BY)
    reports = take(house, "name,external_id\nBarack Obama,Q1\nBarak Obama,Q2\nKing Ada,Q3\nJean Bartik,Q4\n")
    found = [[(one.name, one.kind) for one in report.similar] for report in reports]
    assert found == [
        [("Barak Obama", Likeness.NEAR_NAME)],
        [("Barack Obama", Likeness.NEAR_NAME)],
        [("Ada King", Likeness.SAME_NAME)],
        [],
    ]


def test_imported_names_are_blocked_in_every_process_at_the_next_prompt(house: House, database: Database) -> None:
    other = House(database, house.key_file)
    assert other.names("Person Numberseven") == []
    take(house, "name\n" + "".join(f"Person Number{word}\n" for word in ("six", "seven", "eight")), keep_up=True)
    assert other.names("Person Numberseven") == ["Person Numberseven"]


# --- pictures


def save(folder: Path, name: str, *people: int, likeness: float = 1.0) -> None:
    Image.fromarray(picture_of(*people, likeness=likeness)).save(folder / name)


def test_pictures_beside_the_list_become_templates_and_are_taken_in_once(house: House, tmp_path: Path) -> None:
    save(tmp_path, "ada.png", 5)
    save(tmp_path, "grace.png", 9)
    table = "name,external_id,faces\nAda,Q1,ada.png\nGrace,Q2,grace.png\n"
    reports = take(house, table, tmp_path)
    assert [report.troubles for report in reports] == [(), ()]
    assert house.guard.examine(image(picture_of(9))).sightings[0].about == reports[1].entry_id
    assert house.blocked == [report.entry_id for report in reports]
    entries = house.list.entries()
    assert outcomes(take(house, table, tmp_path)) == [(2, "unchanged"), (3, "unchanged")]
    assert house.list.entries() == entries


def test_a_picture_that_cannot_be_used_is_reported_and_the_name_and_the_other_pictures_are_kept(
    house: House, tmp_path: Path
) -> None:
    save(tmp_path, "good.png", 5)
    save(tmp_path, "two.png", 5, 9)
    save(tmp_path, "none.png")
    save(tmp_path, "stranger.png", 20)
    (report,) = take(house, "name,faces\nAda,two.png|none.png|good.png|gone.png|../secret.png\n", tmp_path)
    assert report.outcome is Outcome.ADDED
    assert [(trouble.code, trouble.field) for trouble in report.troubles] == [
        (ImportFault.FILE_MISSING, "faces.3"),
        (ImportFault.FILE_MISSING, "faces.4"),
        (EnrolmentFault.SEVERAL_FACES, "faces.0"),
        (EnrolmentFault.NO_FACE, "faces.1"),
    ]
    assert house.guard.examine(image(picture_of(5))).sightings[0].about == report.entry_id


def test_two_entries_with_one_face_are_reported_at_import(house: House, tmp_path: Path) -> None:
    save(tmp_path, "a.png", 5)
    save(tmp_path, "b.png", 5, likeness=0.9)
    first, second = take(house, "name,faces\nAda,a.png\nGrace,b.png\n", tmp_path)
    assert [(one.about, one.kind) for one in second.similar] == [(first.entry_id, Likeness.FACE)]


@pytest.mark.parametrize("name", ["../out.png", "/etc/passwd", "sub/a.png", "..", ".", "", "link.png", "a\0.png"])
def test_only_plain_files_of_the_folder_are_opened(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    for path in (tmp_path / "out.png", folder / "sub" / "a.png"):
        path.write_bytes(b"x")
    (folder / "link.png").symlink_to(tmp_path / "out.png")
    with pytest.raises(InvalidInput) as refused:
        MediaFolder(folder, PlainDecoder(), MediaLimits()).digest(name, "faces.0")
    assert (refused.value.code, refused.value.field) == (ImportFault.FILE_MISSING, "faces.0")


# --- Wikidata


def claim(value: object, rank: str = "normal", **qualifiers: object) -> dict[str, object]:
    return {"mainsnak": {"snaktype": "value", "datavalue": {"value": value}}, "rank": rank, "qualifiers": qualifiers}


def entity(number: int, **claims: list[dict[str, object]]) -> dict[str, object]:
    return {
        "id": f"Q{number}",
        "labels": {"en": {"language": "en", "value": "Ada Lovelace"}, "ru": {"language": "ru", "value": "Ада Лавлейс"}},
        "aliases": {"en": [{"language": "en", "value": "Countess of Lovelace"}]},
        "claims": claims,
    }


def born(text: str, precision: int = 11) -> dict[str, object]:
    return claim({"time": text, "precision": precision})


def test_an_entity_gives_names_in_all_languages_its_id_and_its_picture() -> None:
    document = {"entities": {"Q7259": entity(7259, P18=[claim("Ada_Lovelace.jpg")])}, "success": 1}
    (person,) = read(json.dumps(document))
    assert isinstance(person, ListedPerson)
    assert person.fields == {
        "name": "Ada Lovelace",
        "aliases": [Alias("Countess of Lovelace", "en"), Alias("Ада Лавлейс", "ru")],
        "external_id": "Q7259",
        "source": "https://www.wikidata.org/wiki/Q7259",
    }
    assert person.faces == ("Ada Lovelace.jpg",)


@pytest.mark.parametrize(
    ("claims", "category"),
    [
        ({"P569": [born("+2008-11-23T00:00:00Z")]}, Category.MINOR),
        ({"P569": [born("+2008-11-22T00:00:00Z")]}, None),
        ({"P569": [born("+2008-00-00T00:00:00Z", 9)]}, Category.MINOR),
        ({"P569": [born("+2007-00-00T00:00:00Z", 9)]}, None),
        ({"P569": [born("+2015-03-00T00:00:00Z", 10)], "P106": [claim({"id": "Q33999"})]}, Category.MINOR),
        ({"P569": [born("-0044-01-01T00:00:00Z")]}, None),
        ({"P570": [born("+1852-11-27T00:00:00Z")], "P39": [claim({"id": "Q11696"})]}, Category.DECEASED),
        ({"P570": [{"mainsnak": {"snaktype": "somevalue"}, "rank": "normal"}]}, Category.DECEASED),
        ({"P39": [claim({"id": "Q4416090"}), claim({"id": "Q11696"})]}, Category.HEAD_OF_STATE),
        ({"P39": [claim({"id": "Q11696"}, P582=[1])], "P106": [claim({"id": "Q82955"})]}, Category.OFFICIAL),
        ({"P39": [claim({"id": "Q11696"}, "deprecated")]}, None),
        ({"P106": [claim({"id": "Q33999"}), claim({"id": "Q82955"}, "preferred")]}, Category.OFFICIAL),
    ],
)
def test_dates_positions_and_occupations_give_the_category(
    claims: dict[str, list[dict[str, object]]], category: Category | None
) -> None:
    (person,) = read(json.dumps([entity(1, **claims)]))
    assert isinstance(person, ListedPerson)
    assert person.fields.get("category") == category


def test_a_minor_of_wikidata_gets_the_rule_for_minors(house: House) -> None:
    (report,) = take(house, json.dumps([entity(1, P569=[born("+2015-03-01T00:00:00Z")])]))
    assert house.list.get(report.entry_id).lifted_by is LiftedBy.TWO_STAFF


def test_aliases_past_the_limit_are_left_out_and_said_to_be() -> None:
    many = entity(1) | {"aliases": {"en": [{"language": "en", "value": f"Ada {n}"} for n in range(300)]}}
    (person,) = read(json.dumps([many]))
    assert isinstance(person, ListedPerson)
    assert len(person.fields["aliases"]) == 150  # type: ignore[arg-type] # a list
    assert person.notes[0].code == ImportFault.ALIASES_CUT


def test_dumps_with_one_entity_a_line_are_read() -> None:
    lines = [json.dumps(entity(number)) for number in (1, 2, 3)]
    for text in ("[\n" + ",\n".join(lines) + "\n]\n", "[\n" + ",\n".join(lines) + ",\n]", "\n".join(lines)):
        people = read(text)
        assert [person.fields["external_id"] for person in people if isinstance(person, ListedPerson)] == [
            "Q1",
            "Q2",
            "Q3",
        ]


def test_sparql_results_are_read() -> None:
    row = {
        "person": {"type": "uri", "value": "http://www.wikidata.org/entity/Q7259"},
        "personLabel": {"type": "literal", "value": "Ada Lovelace"},
        "personAltLabel": {"type": "literal", "value": "Countess of Lovelace, Ada King"},
        "image": {"type": "uri", "value": "http://commons.wikimedia.org/wiki/Special:FilePath/Ada%20L.jpg"},
        "category": {"type": "literal", "value": "deceased"},
    }
    document = {"head": {"vars": ["person"]}, "results": {"bindings": [row, {"x": 1}]}}
    person, bad = read(json.dumps(document))
    assert isinstance(person, ListedPerson)
    assert person.fields == {
        "name": "Ada Lovelace",
        "external_id": "Q7259",
        "source": "https://www.wikidata.org/wiki/Q7259",
        "category": "deceased",
        "aliases": ("Countess of Lovelace", "Ada King"),
    }
    assert person.faces == ("Ada L.jpg",)
    assert isinstance(bad, BadLine)


@pytest.mark.parametrize(
    "item",
    [
        1,
        None,
        "Q1",
        [],
        {"labels": {}},
        {"labels": 1},
        {"labels": {"en": {}}},
        {"labels": {"en": {"value": "A"}}, "claims": 1},
        {"labels": {"en": {"value": "A"}}, "aliases": [1]},
    ],
)
def test_a_person_without_wikidatas_shape_is_one_bad_line(item: object) -> None:
    bad, good = read(json.dumps([item, entity(1)]))
    assert isinstance(bad, BadLine)
    assert isinstance(good, ListedPerson)


def test_one_enormous_member_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_items, "LARGEST_ITEM", 100_000)
    with pytest.raises(InvalidInput) as refused:
        read('[{"labels": "' + "x" * 1_000_000)
    assert refused.value.code == ImportFault.TOO_LARGE


KEYS = ("labels", "en", "value", "claims", "P569", "P18", "P39", "aliases", "mainsnak", "datavalue", "time", "id")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(items=st.lists(JSON, max_size=5), wrap=st.sampled_from(["list", "entities", "bindings"]))
def test_any_json_at_all_gives_one_line_a_member_and_never_an_error(items: list[object], wrap: str) -> None:
    document: object = items
    if wrap == "entities":
        document = {"entities": {str(n): item for n, item in enumerate(items)}}
    elif wrap == "bindings":
        document = {"head": {}, "results": {"bindings": items}}
    assert len(read(json.dumps(document))) == len(items)


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.sampled_from('ab,;\t"\n\r|\x00é'), max_size=60))
def test_any_table_at_all_is_read_or_refused_and_never_an_error(text: str) -> None:
    table = "name,aliases,ends\n" + text
    if "\0" in text:
        with pytest.raises(InvalidInput):
            read(table)
    else:
        assert all(isinstance(person, ListedPerson | BadLine) for person in read(table))
