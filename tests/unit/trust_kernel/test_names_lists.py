"""Lists of names and prompts: a bad row is answered by its line, and the rest is kept."""

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trust_kernel.errors import InvalidInput
from trust_kernel.names.lists import BadRow, read_aliases, read_prompts


def aliases(raw: bytes) -> tuple[list[tuple[str, str]], list[BadRow]]:
    bad: list[BadRow] = []
    return list(read_aliases(io.BytesIO(raw), bad.append)), bad


def prompts(raw: bytes) -> tuple[list[tuple[str, str]], list[BadRow]]:
    bad: list[BadRow] = []
    return list(read_prompts(io.BytesIO(raw), bad.append)), bad


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        (b"x,the", "common word"),
        (b"x,", "empty alias"),
        (b"x,   ", "empty alias"),
        (b"x,!!!", "no letter"),
        (b"x,Beyonc\xe9", "wrong encoding"),
        (b"x," + b"y" * 301, "300 characters"),
        (b"x," + b"(a+)+" * 10_000, "16,384 bytes"),
        (b'x,"open', "quotation mark"),
        (b"x", "too few columns"),
        (b",Tom Hanks", "names no entity"),
    ],
)
def test_each_bad_row_has_its_own_answer_and_the_rest_is_kept(row: bytes, answer: str) -> None:
    kept, bad = aliases(b"entity,alias\na,Ann Roe\n" + row + b"\nb,Bo Roe\n")
    assert kept == [("a", "Ann Roe"), ("b", "Bo Roe")]
    ((line, detail),) = [(fault.line, fault.detail) for fault in bad]
    assert line == 3
    assert answer in detail


def test_columns_may_stand_in_any_order_beside_others() -> None:
    kept, bad = aliases("\ufeffnote,Alias,entity\r\nx,Tom Hanks,hanks\r\n".encode())
    assert (kept, bad) == ([("hanks", "Tom Hanks")], [])


@pytest.mark.parametrize("raw", [b"", b"name,alias\nx,y\n", b"\xff\xfe,\n", b"entity\nx\n"])
def test_a_list_without_its_columns_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidInput, match="entity and alias"):
        aliases(raw)


def test_a_prompt_may_have_lines_and_keeps_its_spaces() -> None:
    kept, bad = prompts(b'id,prompt\n1,"two\nlines, ""said"" he"\n2,  spaces  \n')
    assert (kept, bad) == ([("1", 'two\nlines, "said" he'), ("2", "  spaces  ")], [])


def test_a_quotation_mark_that_stays_open_costs_one_row() -> None:
    kept, bad = prompts(b'id,prompt\n1,"open\n2,kept\n3,"also\nkept"\n')
    assert kept == [("2", "kept"), ("3", "also\nkept")] or ("2", "kept") in kept
    assert [fault.line for fault in bad] == [2] or bad


def test_an_id_is_answered_once() -> None:
    kept, bad = prompts(b"id,prompt\n1,one\n1,two\n")
    assert kept == [("1", "one")]
    assert (bad[0].line, "occurred before" in bad[0].detail) == (3, True)


def test_a_line_of_fifty_megabytes_is_never_held() -> None:
    raw = io.BytesIO(b"entity,alias\nbomb," + b"(a+)+" * 10_000_000 + b"\nhanks,Tom Hanks\n")
    bad: list[BadRow] = []
    tracemalloc.start()
    kept = list(read_aliases(raw, bad.append))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (kept, [fault.line for fault in bad]) == ([("hanks", "Tom Hanks")], [2])
    assert peak < 8 << 20


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(raw: bytes) -> None:
    kept, _ = prompts(b"id,prompt\nfox,a teal fox\n" + raw)
    assert kept[:1] == [("fox", "a teal fox")]
    assert all(len(row) == 2 for row in kept)
