"""Resolving soft bindings: what is asked in every way, and what is said of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from generator_gateway.ports.bindings import BindingReason, Prints
from generator_gateway.service.bindings import MOST_MATCHES, UNCONFIRMED, Hint, SoftBindings
from generator_gateway.service.bindings_values import Algorithms
from tests.contracts.test_bindings import CODE, MemoryWorld, pictures, sound
from tests.fakes.bindings import FakeMarks, FakeNumbers, SpelledPrints
from tests.unit.generator_gateway.test_bindings_values import text_of
from tests.unit.watermark.test_jumbf import described
from trust_kernel.errors import Broken, InvalidInput, NotFound, Unavailable

NUMBER = (7 << 40) + 9
NAMES = Algorithms()


class Desk:
    """A service over fakes, and a file that a test says what it looks and sounds like."""

    def __init__(self, folder: Path) -> None:
        self.world = MemoryWorld()
        self.prints = SpelledPrints()
        self.marks = FakeMarks()
        self.service = SoftBindings(self.world.bindings, self.prints, self.marks)
        self.path = folder / "upload"
        self.world.released("video_a", Prints(pictures(1), sound(1), CODE), number=NUMBER)
        self.world.released("video_b", Prints(pictures(2), sound(2)), number=NUMBER + 1)

    def sent(self, prints: Prints, *, mark: int | None = None, sound_mark: int | None = None) -> Path:
        """A file."""
        self.path.write_bytes(b"a file")
        self.prints.known[b"a file"] = prints
        self.marks.picture = FakeNumbers(() if mark is None else (mark,))
        self.marks.sound = FakeNumbers(() if sound_mark is None else (sound_mark,))
        return self.path

    def found(self, prints: Prints, **options: object) -> list[tuple[str, int]]:
        """Labels and similarities for a file."""
        path = self.sent(prints, **{key: options.pop(key) for key in ("mark", "sound_mark") if key in options})  # type: ignore[arg-type] # numbers
        found = self.service.by_content(path, **options)  # type: ignore[arg-type] # as given
        return [(match.case_id, match.similarity) for match in found]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_every_algorithm_is_listed_as_what_it_is(desk: Desk) -> None:
    listed = desk.service.supported()
    assert listed.watermarks == ("com.placet.mark.1", "com.placet.sound.1")
    assert listed.fingerprints == ("com.placet.pdq.1", "com.placet.sound-print.1", "io.iscc.v0")


@pytest.mark.parametrize(
    ("algorithm", "raw"),
    [
        (NAMES.mark, NUMBER.to_bytes(8, "big")),
        (NAMES.sound_mark, (NUMBER % (1 << 32)).to_bytes(4, "big")),
        (NAMES.pictures, b"".join(map(bytes.fromhex, pictures(1)))),
        (NAMES.sound, b"".join(word.to_bytes(4, "big") for word in sound(1))),
        (NAMES.iscc, CODE.encode()),
    ],
)
def test_a_value_of_every_algorithm_leads_to_its_release(desk: Desk, algorithm: str, raw: bytes) -> None:
    (match,) = desk.service.by_binding(algorithm, text_of(raw))
    assert (match.case_id, match.manifest_label) == ("video_a", "urn:c2pa:video_a")


def test_a_value_that_leads_nowhere_is_an_answer(desk: Desk) -> None:
    assert desk.service.by_binding(NAMES.mark, text_of(bytes(8))) == ()


def test_an_unknown_algorithm_is_refused(desk: Desk) -> None:
    path = desk.sent(Prints())
    asks: tuple[Callable[[], object], ...] = (
        lambda: desk.service.by_binding("com.example.1", text_of(bytes(8))),
        lambda: desk.service.by_content(path, algorithm="com.example.1"),
    )
    for ask in asks:
        with pytest.raises(InvalidInput) as refused:
            ask()
        assert refused.value.code == BindingReason.ALGORITHM


def test_a_file_with_a_mark_that_looks_like_its_release_is_surely_it(desk: Desk) -> None:
    assert desk.found(Prints(pictures(1)), mark=NUMBER) == [("video_a", 100)]


def test_a_mark_that_the_pictures_do_not_bear_out_is_less_sure(desk: Desk) -> None:
    assert desk.found(Prints(pictures(9)), mark=NUMBER) == [("video_a", UNCONFIRMED)]


def test_a_copied_mark_comes_after_what_the_file_looks_like(desk: Desk) -> None:
    assert desk.found(Prints(pictures(2)), mark=NUMBER) == [("video_b", 100), ("video_a", UNCONFIRMED)]


def test_sound_of_one_and_pictures_of_another_give_both(desk: Desk) -> None:
    found = desk.found(Prints(pictures(1), sound(2)), mark=NUMBER, sound_mark=(NUMBER + 1) % (1 << 32))
    assert found == [("video_a", 100), ("video_b", 100)]


def test_a_file_without_marks_is_found_by_what_it_looks_like(desk: Desk) -> None:
    assert [case for case, _ in desk.found(Prints(pictures(1)[:6]))] == ["video_a"]


def test_a_release_is_given_once_however_often_it_is_found(desk: Desk) -> None:
    everything = Prints(pictures(1), sound(1), CODE)
    found = desk.service.by_content(desk.sent(everything, mark=NUMBER, sound_mark=NUMBER % (1 << 32)))
    assert [(match.case_id, match.matched_by) for match in found] == [("video_a", "mark")]


@pytest.mark.parametrize(
    ("algorithm", "cases"),
    [
        (NAMES.mark, ["video_a"]),
        (NAMES.sound_mark, []),
        (NAMES.pictures, ["video_b"]),
        (NAMES.sound, []),
        (NAMES.iscc, []),
    ],
)
def test_a_named_algorithm_is_the_only_one_that_is_used(desk: Desk, algorithm: str, cases: list[str]) -> None:
    prints = Prints(pictures(2))
    assert [case for case, _ in desk.found(prints, mark=NUMBER, algorithm=algorithm)] == cases
    marks_are_read = bool(desk.marks.read_thoroughly)
    assert marks_are_read is (algorithm in {NAMES.mark, NAMES.sound_mark})


def test_marks_are_looked_for_thoroughly(desk: Desk) -> None:
    desk.found(Prints(pictures(1)))
    assert desk.marks.read_thoroughly == [True]


def test_a_hint_leads_further(desk: Desk) -> None:
    hint = Hint(NAMES.mark, text_of((NUMBER + 1).to_bytes(8, "big")))
    assert desk.found(Prints(pictures(1)), hint=hint) == [("video_b", 100), ("video_a", 100)]


def test_a_wrong_hint_is_refused_before_the_file_is_read(desk: Desk) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.found(Prints(pictures(1)), hint=Hint(NAMES.mark, "???"))
    assert refused.value.code == BindingReason.VALUE
    assert desk.prints.made == 0


def test_a_file_that_cannot_be_read_is_refused(desk: Desk) -> None:
    desk.path.write_bytes(b"no medium")
    with pytest.raises(InvalidInput) as refused:
        desk.service.by_content(desk.path)
    assert refused.value.code == BindingReason.CONTENT


def test_without_a_detector_fingerprints_still_answer_and_a_mark_alone_does_not(desk: Desk) -> None:
    desk.marks.is_missing = True
    assert [case for case, _ in desk.found(Prints(pictures(1)))] == ["video_a"]
    with pytest.raises(Unavailable):
        desk.found(Prints(pictures(1)), algorithm=NAMES.mark)


def test_a_file_without_sound_is_not_asked_for_its_sound(desk: Desk) -> None:
    path = desk.sent(Prints(pictures(1)))
    desk.marks.sound = None
    assert desk.service.by_content(path, algorithm=NAMES.sound_mark) == ()


def test_no_more_matches_are_given_than_asked_for_nor_more_than_the_most(desk: Desk) -> None:
    for number in range(MOST_MATCHES + 5):
        desk.world.released(f"video_{number:03}", Prints(pictures(3)), number=number + 1)
    path = desk.sent(Prints(pictures(3)))
    assert len(desk.service.by_content(path, limit=3)) == 3
    assert len(desk.service.by_content(path, limit=10_000)) == MOST_MATCHES


def test_a_manifest_is_given_whole_or_with_the_active_one_alone(desk: Desk) -> None:
    label, parent = "urn:c2pa:new", described("urn:c2pa:old")
    store = described("c2pa", parent, described(label))
    desk.world.release("video_c", 3, label, 3)
    desk.world.bindings.register("video_c", Prints(), desk.world.blob(store))
    assert desk.service.manifest(label) == store
    assert desk.service.manifest(label, active_only=True) == described("c2pa", described(label))


def test_a_stored_manifest_that_is_none_is_our_fault(desk: Desk) -> None:
    with pytest.raises(Broken) as broken:
        desk.service.manifest("urn:c2pa:video_a", active_only=True)
    assert broken.value.code == BindingReason.STORE


@pytest.mark.parametrize("label", ["urn:c2pa:none", "urn:c2pa:video_b%20"])
def test_a_manifest_that_is_not_here_is_not_found(desk: Desk, label: str) -> None:
    with pytest.raises(NotFound):
        desk.service.manifest(label)


@pytest.mark.parametrize("label", ["", "../../etc/passwd", "video_a", "urn:c2pa: x", "urn:" + "a" * 300])
def test_what_is_no_manifest_s_name_is_refused(desk: Desk, label: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        desk.service.manifest(label)
    assert refused.value.code == BindingReason.MANIFEST_ID
