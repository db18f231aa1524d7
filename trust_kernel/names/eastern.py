"""Letters whose sound hangs on their neighbours in Thai, and Chinese characters that carry foreign names by sound.

Thai after the Royal Institute's general system; Chinese after the press's tables for foreign names, in which some
characters stand for a consonant alone (si, ke, te, de, fu ...).
"""

import re
from functools import lru_cache

_THAI_BEFORE = "\u0e40\u0e41\u0e42\u0e43\u0e44"
_THAI_CONSONANT = "\u0e01-\u0e2e"
_THAI = {"\u0e08": "j", "\u0e09": "ch", "\u0e0a": "ch", "\u0e0c": "ch", "\u0e24": "ri"}
_MARKED = re.compile(f"[{_THAI_CONSONANT}][\u0e34\u0e38]?\u0e4c")
"""A consonant, with a short vowel or without, under the mark that silences it."""
_STOPS_BEFORE_R = "\u0e14\u0e15\u0e17"
_R = "\u0e23"
_SILENT_H = re.compile("\u0e2b[\u0e07\u0e0d\u0e19\u0e21\u0e22\u0e23\u0e25\u0e27]")
_ENDS = re.compile(f"(?:[{_THAI_CONSONANT}][\u0e34\u0e38]?\u0e4c)*(?![\u0e01-\u0e4e])")
_FINAL = dict.fromkeys("\u0e23\u0e25\u0e0d\u0e13\u0e2c", "n") | dict.fromkeys(
    "\u0e08\u0e0a\u0e0b\u0e2a\u0e28\u0e29\u0e0e\u0e0f\u0e14\u0e15\u0e16\u0e17\u0e18", "t"
)

_HAN_CONSONANTS = {
    character: heard
    for heard, characters in (
        ("s", "斯思丝司"),
        ("k", "克科"),
        ("t", "特"),
        ("d", "德"),
        ("l", "尔"),
        ("p", "普"),
        ("f", "夫弗"),
        ("m", "姆默"),
        ("b", "布"),
        ("g", "格"),
        ("z", "兹"),
        ("n", "恩"),
        ("h", "赫"),
        ("ch", "奇"),
        ("sh", "什施"),
        ("ts", "茨"),
    )
    for character in characters
}
_HAN_CARRIERS = frozenset(_HAN_CONSONANTS) | frozenset(
    "阿埃艾安昂奥巴白拜班邦保鲍贝本比彼宾波伯博查柴昌达大戴丹当道登邓迪蒂丁东杜多顿法范菲费芬丰冯福富盖甘冈戈葛根贡古"
    "瓜圭哈海汉汗豪黑亨洪胡华怀霍基吉加贾简杰金京卡凯坎康考柯肯孔库夸奎拉腊莱赖兰朗劳勒雷蕾黎李里利莉丽林琳卢鲁露伦罗洛"
    "马玛麦迈曼芒毛梅门蒙米密敏明缪摩莫穆纳娜内奈南瑙尼妮宁纽农努诺欧帕派潘庞佩彭蓬皮平珀齐乔切琴琼丘热仁荣茹儒萨塞赛桑"
    "瑟森沙莎山尚绍舍申圣史士舒松苏孙索塔泰坦汤唐陶滕提廷通图托瓦万旺威韦维温文翁沃乌武西希锡夏肖谢辛欣雄休许逊雅亚娅扬耶"
    "叶伊易因英永尤约泽曾扎詹珍芝珠朱佐隆"
)
"""What names are carried with; a run of these is where a carried name may stand."""
_MU = "\u59c6"
_PINYIN = (("zh", "j"), ("q", "ch"), ("x", "sh"), ("ui", "wei"))


@lru_cache(maxsize=1 << 15)
def letter(character: str) -> str:
    """A character in small Latin letters and digits, whatever stands beside it; empty where it has none."""
    from anyascii import anyascii

    return "".join(one for one in anyascii(character).lower() if one.isalnum())


def thai(text: str, index: int, small: str, scheme: int) -> str:
    """A Thai letter; a vowel that is written before its consonant is heard behind it.

    Args:
        text: it stands in.
        index: where.
        small: the letter.
        scheme: 0 as letters are written, 1 as the last consonant of a word is heard, 2 with those that are not heard.
    """
    if small in _THAI_BEFORE and index + 1 < len(text):
        return _consonant(text[index + 1])
    if index and text[index - 1] in _THAI_BEFORE:
        return letter(text[index - 1])
    if (scheme < 2 and _is_killed(text, index)) or _SILENT_H.match(text, index):  # noqa: PLR2004 - below
        return ""
    if scheme == 1 and small in _FINAL and _ENDS.match(text, index + 1):
        return _FINAL[small]
    return _consonant(small)


def _consonant(small: str) -> str:
    return _THAI.get(small) or letter(small)


def _is_killed(text: str, index: int) -> bool:
    """Whether a letter, or the vowel on it, is written and not heard: under the mark, or a stop before such an r."""
    for start in (index, index - 1):
        found = _MARKED.match(text, start) if start >= 0 else None
        if found and found.end() > index:
            return True
    return text[index] in _STOPS_BEFORE_R and text[index + 1 : index + 3] == _R + "\u0e4c"


def han(text: str, index: int, small: str, scheme: int) -> str:
    """A Chinese character: as Mandarin is written, or (scheme 2) as foreign names are carried."""
    heard = letter(small)
    if scheme != 2:  # noqa: PLR2004 - as in scripts.py
        return heard
    if small in _HAN_CONSONANTS:
        return _HAN_CONSONANTS[small]
    for written, spoken in _PINYIN:
        heard = heard.replace(written, spoken)
    return heard.rstrip("ng") if text[index + 1 : index + 2] == _MU else heard


def carries(character: str) -> bool:
    """Whether foreign names are carried with a Chinese character."""
    return character in _HAN_CARRIERS
