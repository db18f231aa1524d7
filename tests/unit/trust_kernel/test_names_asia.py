# ruff: noqa: RUF001 - names in their own letters
"""Names as they are carried into the scripts of Asia by sound, and out of them."""

import pytest

from trust_kernel.names import NameMatcher
from trust_kernel.names.scripts import romanised

CARRIED = [
    ("Tom Hanks", "汤姆·汉克斯", "Chinese, consonants alone"),
    ("Leonardo DiCaprio", "莱昂纳多·迪卡普里奥", "Chinese, no r before a consonant"),
    ("Angelina Jolie", "安吉丽娜·朱莉", "Chinese, a soft g"),
    ("Donald Trump", "ドナルド・トランプ", "kana, n for m"),
    ("Harry Potter", "ハリー・ポッター", "kana, no last r"),
    ("Haruki Murakami", "村上春樹", "kanji, given name of two"),
    ("Akira Kurosawa", "黒澤明", "kanji, given name of one"),
    ("Takashi Murakami", "村上隆", "kanji, three in all"),
    ("Hideo Kojima", "小島秀夫", "kanji, after the table of sounds"),
    ("Prayut Chanocha", "ประยุทธ์ จันทร์โอชา", "Thai, silenced letters"),
    ("Somchai Wongsawat", "สมชาย วงศ์สวัสดิ์", "Thai, a last s that is a t"),
    ("Abdel Halim Hafez", "عبد الحليم حافظ", "Arabic, an article"),
    ("Leonard Cohen", "לאונרד כהן", "Hebrew, k and h apart"),
    ("Michael Jackson", "Майкл Джексон", "Russian, dzh"),
]


@pytest.mark.parametrize(("latin", "native"), [case[:2] for case in CARRIED], ids=[case[2] for case in CARRIED])
def test_a_carried_name_is_held_in_both_directions_and_never_sure(latin: str, native: str) -> None:
    for alias, text in ((latin, f"{native} 2"), (native, f"a film with {latin} in it")):
        (hit,) = NameMatcher([("it", alias)]).match(text)
        assert 0.75 <= hit.score < 0.8
        assert "transliterated" in hit.transformations


def test_a_name_that_is_also_words_is_carried_back_where_it_is_written_as_a_name() -> None:
    matcher = NameMatcher([("singer", "Тейлор Свифт")])
    assert matcher.match("Taylor Swift on a stage")
    assert not matcher.match("a tailor, swift as ever")


def test_chinese_prose_is_not_searched_for_carried_names() -> None:
    matcher = NameMatcher([("it", "Susan Mack"), ("that", "Martha Horne"), ("other", "Lily Kerr")])
    for prose in (
        "一个孩子在雨中奔跑",
        "老人在湖边钓鱼，清晨的雾气",
        "城市夜景，霓虹灯闪烁，镜头缓慢推进",
        "厨师在厨房里做面条",
    ):
        assert not matcher.match(prose)


def test_a_family_name_before_other_words_is_read_as_mandarin() -> None:
    assert romanised("村上春樹", 1) == "harukimurakami"
    assert romanised("村上春樹", 2) == "murakamiharuki"
    assert romanised("村上的", 1) == romanised("村上的", 0) == "cunshangde"


def test_only_scripts_of_asia_wear_a_name_down() -> None:
    matcher = NameMatcher([("it", "Archibald Potter")])
    assert matcher.match("アーチボルド・ポッターが")
    assert not matcher.match("Ачибод Потта")
