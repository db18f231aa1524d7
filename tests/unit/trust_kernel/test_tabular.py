"""Lists that people send: one bad line costs itself, never those around it."""

import io
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trust_kernel.errors import InvalidInput
from trust_kernel.tabular import BadRow, Codes, Item, JsonItems, Row, listed, read_json_lines, read_rows
from trust_kernel.tabular.rows import LONGEST_LINE, MOST_LINES

CODES = Codes("a:list:unreadable", "a:list:encoding", "a:list:column", "a:list:too_large")
COLUMNS = ("title", "names", "note")


def rows(data: str | bytes) -> Sequence[Row | BadRow]:
    return list(read_rows(io.BytesIO(data.encode() if isinstance(data, str) else data), COLUMNS, "title", CODES))


def titles(data: str | bytes) -> list[str | tuple[int, str]]:
    """Title of each good row; line and code of each bad one."""
    return [each.cells["title"] if isinstance(each, Row) else (each.line, each.code) for each in rows(data)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_tables_of_any_usual_form_are_read(delimiter: str, end: str) -> None:
    text = f"\ufeffTitle{delimiter}NAMES{end}Fenn{delimiter}a|b{end}"
    assert rows(text) == [Row(2, {"title": "Fenn", "names": "a|b"})]


def test_a_quoted_cell_may_have_lines_and_delimiters() -> None:
    assert rows('title,note\n"Fenn, the ""Fox""","one\ntwo"\nNext,x\n') == [
        Row(2, {"title": 'Fenn, the "Fox"', "note": "one\ntwo"}),
        Row(4, {"title": "Next", "note": "x"}),
    ]


def test_a_quotation_mark_that_is_never_closed_spoils_its_own_line_alone() -> None:
    lines = [f"T{number},n" for number in range(3 * MOST_LINES)]
    lines[5] = '"never closed,n'
    lines[200] = 'T200,"x" y'
    expected: list[str | tuple[int, str]] = [f"T{number}" for number in range(3 * MOST_LINES)]
    expected[5], expected[200] = (7, CODES.unreadable), (202, CODES.unreadable)
    assert titles("title,names\n" + "\n".join(lines)) == expected


def test_an_open_quotation_mark_does_not_take_the_next_quoted_line_with_it() -> None:
    assert titles('title,note\n"open,x\nGood,y\n"Quoted","z"\nLast,z\n') == [
        (2, CODES.unreadable),
        "Good",
        "Quoted",
        "Last",
    ]


def test_bytes_that_are_no_utf8_and_nul_bytes_spoil_their_own_lines() -> None:
    data = b"title,note\nA,x\nCaf\xe9,latin-1\nB\0,x\nC,x\n"
    assert titles(data) == ["A", (3, CODES.encoding), (4, CODES.unreadable), "C"]


def test_a_line_of_fifty_megabytes_is_skipped() -> None:
    data = b"title,note\nA,x\n" + b"x" * 50_000_000 + b"\nB,x\n"
    assert titles(data) == ["A", (3, CODES.too_large), "B"]
    (bad,) = (each for each in rows(data) if isinstance(each, BadRow))
    assert bad.limit == f"{LONGEST_LINE} characters"


def test_a_row_of_another_width_says_how_many_cells_it_has() -> None:
    assert rows("title,note\nonly\nA,b,c\n\n,\n") == [
        BadRow(2, CODES.unreadable, "1 cells where the header has 2", first="only"),
        BadRow(3, CODES.unreadable, "3 cells where the header has 2", first="A"),
    ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"who,what\nA,b\n", CODES.column),
        (b"title,title\nA,b\n", CODES.column),
        (b"title,wat\nA,b\n", CODES.column),
        (b"t\xe9tle\nA\n", CODES.encoding),
        (b"\x01\x02\nA\n", CODES.unreadable),
        (b'"title\nA\n', CODES.unreadable),
        (b"x" * (LONGEST_LINE + 2), CODES.too_large),
    ],
)
def test_a_first_line_that_names_no_columns_is_refused_with_what_they_are(data: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rows(data)
    assert (refused.value.code, refused.value.field) == (code, "file")
    assert refused.value.limit


@settings(max_examples=150, deadline=None)
@given(text=st.text(st.sampled_from('ab,"\n\r\xe9'), max_size=80))
def test_what_follows_any_garbage_is_read(text: str) -> None:
    found = titles(f"title,note\n{text}\nSentinel,x\n")
    # An open quotation mark may swallow the line itself only where another one closes it.
    assert found[-1] == "Sentinel" or '"' in text


def json_lines(data: bytes) -> Sequence[Item | BadRow]:
    return list(read_json_lines(io.BytesIO(data), CODES, 1000))


def test_json_lines_are_read_one_by_one() -> None:
    huge = b'{"title": "' + b"x" * 2000 + b'"}'
    data = b'{"a": 1}\n\nnonsense\n' + huge + b"\n[" + b"9" * 900 + b']\n{"b": "\xff"}\n{"c": 3}'
    read = json_lines(data)
    assert [(each.line, each.value if isinstance(each, Item) else each.code) for each in read if each.line != 5] == [
        (1, {"a": 1}),
        (3, CODES.unreadable),
        (4, CODES.too_large),
        (6, CODES.encoding),
        (7, {"c": 3}),
    ]


def test_a_number_of_thousands_of_digits_is_no_crash() -> None:
    (bad,) = read_json_lines(io.BytesIO(b"[" + b"9" * 5000 + b"]"), CODES, 10_000)
    assert isinstance(bad, BadRow)
    with pytest.raises(InvalidInput):
        list(JsonItems(io.BytesIO(b"[" + b"9" * 5000 + b"]"), CODES))


def test_members_of_an_array_are_read_and_broken_ones_end_it() -> None:
    found: list[object] = []
    with pytest.raises(InvalidInput) as refused:
        found.extend(JsonItems(io.BytesIO(b'[{"a": 1}, {"a": 2}, {"a" 3}]'), CODES))
    assert (found, refused.value.code) == ([{"a": 1}, {"a": 2}], CODES.unreadable)


def test_values_of_a_cell_are_parted_by_bars() -> None:
    assert listed(" a | b||") == ("a", "b")
