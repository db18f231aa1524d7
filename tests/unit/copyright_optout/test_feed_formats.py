"""What feeds of others say, and what of it is understood: formats, words, round trips, hostile files."""

import json
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copyright_optout.adapters.feeds import FeedFiles
from copyright_optout.domain.feeds import (
    HASHES,
    LARGEST_FEED,
    MOST_ENTRIES,
    FeedClaim,
    FeedEntry,
    FeedFormat,
    FeedFrame,
    FeedHash,
    Lost,
)
from trust_kernel.errors import InvalidInput

FILES = FeedFiles()
CODE = "ISCC:KACYPXW445FTYNJ3CYSXHAFJMA2HUWULUNRFE3BLHRSCXYH2M5AEGQY"
RESERVATIONS = sorted(frozenset(FeedFormat) - HASHES)
HASH = "0f" * 32
SLOWEST = 5.0
"""Seconds of processor that the largest file may take; the worst here takes about one."""


def of_rsl(*licences: str) -> FeedEntry:
    inner = "".join(f"<license>{one}</license>" for one in licences)
    document = f'<rsl xmlns="https://rslstandard.org/rsl"><content url="/films/">{inner}</content></rsl>'
    (found,) = FILES.entries(FeedFormat.RSL, document.encode())
    return found


def use(words: str, what: str = "prohibits", of: str = "usage") -> str:
    return f'<{what} type="{of}">{words}</{what}>'


@pytest.mark.parametrize(
    ("licences", "reserved", "lost"),
    [
        ((use("ai-all"),), True, set()),
        ((use("all"),), True, set()),
        ((use("ai-train ai-input"),), True, set()),
        ((use("ai-train"),), True, {Lost.LIMITS}),
        ((use("ai-index search"),), False, None),
        ((use("search", "permits"),), True, set()),
        ((use("search ai-train", "permits"),), True, {Lost.LIMITS}),
        ((use("all", "permits"),), False, None),
        ((use("ai-all", "permits") + use("ai-train"),), True, {Lost.LIMITS}),
        ((use("ai-all", "permits") + '<payment type="use"/>',), True, {Lost.POLICY}),
        ((use("ai-all", "permits") + '<payment type="attribution"/>',), False, None),
        ((use("ai-all", "permits") + use("education", "permits", "user"),), True, {Lost.LIMITS}),
        ((use("search", "permits"), use("ai-all", "permits")), False, None),
        ((use("train-ai,ai-use"),), True, set()),
        (("",), False, None),
        ((), False, None),
    ],
)
def test_rsl_is_read_as_its_terms_are_meant_prohibition_and_silence_before_permission(
    licences: tuple[str, ...], reserved: bool, lost: set[Lost] | None
) -> None:
    found = of_rsl(*licences)
    assert found.reserved is reserved
    assert lost is None or found.lost == lost


def test_what_a_document_says_besides_is_told_as_lost() -> None:
    document = (
        '<r:rsl xmlns:r="https://rslstandard.org/rsl" xmlns:x="urn:x"><r:content url="/a"><x:permits>all</x:permits>'
        f"<r:license>{use('ai-all')}".replace("prohibits", "r:prohibits")
        + "</r:license><r:copyright>Foxworks</r:copyright><r:terms>/t</r:terms></r:content></r:rsl>"
    )
    (found,) = FILES.entries(FeedFormat.RSL, document.encode())
    assert found.reserved
    assert found.lost == {Lost.METADATA, Lost.POLICY}


@pytest.mark.parametrize(
    ("said", "reserved"),
    [
        ({"tdm-reservation": 1}, True),
        ({"tdm-reservation": 0}, False),
        ({"tdm-reservation": True}, None),
        ({"tdm-reservation": "1"}, None),
        ({"all": "false"}, True),
        ({"all": "true", "train-genai": "false"}, True),
        ({"all": "false", "train-genai": "true"}, False),
        ({"ai-use": "false"}, True),
        ({"all": "true", "search": "false"}, False),
        ({"all": False}, None),
        ({}, None),
    ],
)
def test_tdmai_is_read_in_tdmreps_words_and_in_the_ietfs(said: dict[str, object], reserved: bool | None) -> None:
    (found,) = FILES.entries(FeedFormat.TDMAI, json.dumps({"iscc": CODE, **said}).encode())
    assert (found.about, found.reserved) == (("", True) if reserved is None else (CODE, reserved))


def test_threatexchange_is_read_as_descriptors_and_as_updates_and_what_is_taken_back_is_known() -> None:
    video = json.dumps([f"{HASH},100,0.0", f"{HASH},70,1e+03"])
    feed = [
        {"raw_indicator": HASH.upper(), "type": "HASH_PDQ", "id": "1", "status": "MALICIOUS"},
        {"raw_indicator": HASH, "type": "HASH_MD5"},
        {"raw_indicator": HASH, "type": "HASH_PDQ", "status": "NON_MALICIOUS"},
        {"indicator": HASH, "type": "HASH_PDQ", "should_delete": True},
        {"indicator": HASH, "type": "HASH_PDQ", "descriptors": {"data": [{"status": "NON_MALICIOUS"}]}},
        {"indicator": HASH, "type": "HASH_PDQ", "should_delete": False, "descriptors": {"data": [{"status": "X"}]}},
        {"raw_indicator": video, "type": "HASH_VIDEO_VPDQ", "tags": ["fox"]},
        {"raw_indicator": video[:-9], "type": "HASH_VIDEO_VPDQ"},
    ]
    found = FILES.hashes(FeedFormat.THREATEXCHANGE, json.dumps({"data": feed}).encode())
    assert [(bool(one.bits), one.retracted, len(one.frames)) for one in found] == [
        (True, False, 0),
        (False, False, 0),
        (True, True, 0),
        (True, True, 0),
        (True, True, 0),
        (True, False, 0),
        (False, False, 2),
        (False, False, 0),
    ]
    assert found[6].frames[1] == FeedFrame(HASH, 70, 1000.0)
    assert [bool(one.lost) for one in found] == [False, False, False, False, True, True, True, False]


def test_a_line_is_a_picture_or_a_video_with_or_without_its_type() -> None:
    frames = json.dumps([f"{HASH},100,0.5"])
    older = json.dumps({"0": {"quality": 100, "hash": HASH, "timestamp": 0.5}})
    bad = ["vpdq []", "vpdq [1]", f'vpdq ["{HASH},101,0"]', f'vpdq ["{HASH},100,-1"]', "vpdq [" * 2_000, f"md5 {HASH}"]
    lines = [f"pdq {HASH}", HASH, f"vpdq {frames}", frames, f"vpdq {older}", *bad]
    found = FILES.hashes(FeedFormat.PDQ, "\n".join(lines).encode())
    film = (FeedFrame(HASH, 100, 0.5),)
    assert [(one.bits, one.frames) for one in found[:5]] == [(HASH, ()), (HASH, ()), ("", film), ("", film), ("", film)]
    assert [(one.bits, one.frames) for one in found[5:]] == [("", ())] * len(bad)


def test_a_document_of_too_many_contents_is_refused() -> None:
    document = f'<rsl xmlns="https://rslstandard.org/rsl">{"<content/>" * (MOST_ENTRIES + 1)}</rsl>'
    with pytest.raises(InvalidInput, match="too long"):
        FILES.entries(FeedFormat.RSL, document.encode())


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
SAID = st.dictionaries(st.sampled_from(["title", "reference"]), WORDS).flatmap(
    lambda texts: st.lists(WORDS, max_size=3).map(lambda names: {**texts, "names": names})
)
PLACES = WORDS.map(lambda text: f"https://studio.example/{text}".strip())
BITS = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
FILMS = st.lists(st.builds(FeedFrame, BITS, st.integers(0, 100), st.integers(0, 10**8).map(lambda ms: ms / 1000)))


@given(st.sampled_from(RESERVATIONS), st.lists(st.tuples(PLACES, SAID), max_size=5))
def test_a_claim_that_went_out_comes_in_word_for_word(
    form: FeedFormat, claims: list[tuple[str, dict[str, object]]]
) -> None:
    about = [CODE if form is FeedFormat.TDMAI else place for place, _ in claims]
    given = [FeedClaim(place, said) for place, (_, said) in zip(about, claims, strict=True)]  # type: ignore[arg-type] # made of texts and lists
    out = b"".join(FILES.of_claims(form, given))
    found = FILES.entries(form, out)
    assert [one.said for one in found] == [said for _, said in claims]
    assert all(one.reserved and not one.lost and one.about for one in found)
    if form is not FeedFormat.RSL or all(character.isprintable() for character in "".join(about)):
        assert [one.about for one in found] == about


@given(st.sampled_from(sorted(HASHES)), st.lists(st.one_of(BITS, FILMS.filter(bool).map(tuple)), max_size=5))
def test_hashes_that_went_out_come_in_bit_for_bit(form: FeedFormat, signals: list[str | tuple[FeedFrame, ...]]) -> None:
    out = [FeedHash(0, one) if isinstance(one, str) else FeedHash(0, "", frames=one) for one in signals]
    found = FILES.hashes(form, b"".join(FILES.of_hashes(form, out)))
    assert [(one.bits, one.frames) for one in found] == [(one.bits, one.frames) for one in out]
    assert [one.number for one in found] == list(range(1, len(out) + 1))


PIECES = st.sampled_from(
    [
        *(b"<rsl xmlns='https://rslstandard.org/rsl'>", b"</rsl>", b"<content url='x'>", b"</content>"),
        *(b"<license>", b"</license>", b"<prohibits type='usage'>all</prohibits>", b"<?xml version='1.0'?>"),
        *(b"&#0;", b"<![CDATA[", b"]]>", b"[", b"]", b"{", b"}", b'"iscc":', b'"location":"/",', b'"data":'),
        *(b'"tdm-reservation":1', b'"type":"HASH_VIDEO_VPDQ"', b'"raw_indicator":"[]"', b'"\\ud800"', b"null"),
        *(b"1e999", b"NaN", b"\xef\xbb\xbf", b"\xff", b"\0", b"pdq ", b"vpdq [", HASH.encode(), b",", b"\n", b" "),
    ]
)


def read(form: FeedFormat, data: bytes) -> list[int] | InvalidInput:
    """The numbers of a feed's entries, or why it is refused."""
    try:
        return [one.number for one in (FILES.hashes if form in HASHES else FILES.entries)(form, data)]
    except InvalidInput as error:
        return error


@given(st.sampled_from(sorted(FeedFormat)), st.one_of(st.binary(max_size=200), st.lists(PIECES).map(b"".join)))
def test_any_file_is_read_or_refused_and_never_breaks_the_reader(form: FeedFormat, data: bytes) -> None:
    found = read(form, data)
    if isinstance(found, InvalidInput):
        assert found.code.startswith("optout:feed:")
        assert found.limit
    else:
        assert len(set(found)) == len(found)


def whole(piece: bytes, before: bytes = b"", after: bytes = b"") -> bytes:
    """As large as a feed may be."""
    return before + piece * ((LARGEST_FEED - len(before) - len(after)) // len(piece)) + after


RSL_HEAD = b"<rsl xmlns='https://rslstandard.org/rsl'>"
LARGE = {
    "depth": (FeedFormat.RSL, whole(b"<a>", RSL_HEAD)),
    "elements": (FeedFormat.RSL, whole(b"<a/>", RSL_HEAD, b"</rsl>")),
    "attributes": (FeedFormat.RSL, RSL_HEAD + b"<a %s/></rsl>" % b" ".join(b"a%d=''" % n for n in range(350_000))),
    "text": (FeedFormat.RSL, whole(b"&#65;", RSL_HEAD + b"<content url='/'>", b"</content></rsl>")),
    "words": (FeedFormat.RSL, whole(b"all ", RSL_HEAD + b"<prohibits type='usage'>", b"</prohibits></rsl>")),
    "arrays": (FeedFormat.TDMREP, whole(b"[")),
    "objects": (FeedFormat.TDMAI, whole(b'{"a":')),
    "digits": (FeedFormat.TDMREP, whole(b"9")),
    "escapes": (FeedFormat.TDMREP, whole(b"\\u0041", b'"', b'"')),
    "lines": (FeedFormat.PDQ, whole(b"\n")),
    "blanks": (FeedFormat.PDQ, whole(b" ", b"pdq ", b"x")),
    "brackets": (FeedFormat.PDQ, whole(b"[" * 400 + b"\n")),
    "frames": (FeedFormat.PDQ, whole(f'"{HASH},100,1.5",'.encode(), b"vpdq [", f'"{HASH},100,9"]'.encode())),
    "videos": (FeedFormat.THREATEXCHANGE, whole(b'{"type":"HASH_VIDEO_VPDQ","raw_indicator":"[[[["},', b"[", b"1]")),
}


@pytest.mark.parametrize("shape", LARGE)
def test_the_largest_hostile_file_takes_bounded_time(shape: str) -> None:
    form, data = LARGE[shape]
    assert len(data) <= LARGEST_FEED
    began = process_time()
    found = read(form, data)
    assert process_time() - began < SLOWEST
    assert not isinstance(found, InvalidInput) or found.code.startswith("optout:feed:")
