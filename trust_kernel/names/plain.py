"""Names as they are compared with each other: without case, accents and alphabet.

This is laxer than what is found in prompts (`trust_kernel.names`): it only points people to names that may be the same.
"""

import unicodedata

_CYRILLIC = (
    "аa бb вv гg дd еe ёe жzh зz иi йi кk лl мm нn оo пp рr сs тt уu фf хkh цts чch шsh щshch ъ ыy ь эe юyu яya "  # noqa: RUF001 - the letters that are meant
    "іi їi єe ґg ђdj јj љlj њnj ћc џdz ўu"  # noqa: RUF001 - likewise
)
_GREEK = "αa βv γg δd εe ζz ηi θth ιi κk λl μm νn ξx οo πp ρr σs ςs τt υy φf χch ψps ωo"  # noqa: RUF001 - likewise
_OTHERS = "łl đd ðd þth æae œoe øo \u0131i"
_LETTERS = str.maketrans({pair[0]: pair[1:] for pair in f"{_CYRILLIC} {_GREEK} {_OTHERS}".split()})
"""Close to what newspapers write (BGN/PCGN without its apostrophes; ELOT 743 for Greek)."""

_SEPARATORS = str.maketrans(dict.fromkeys("'\u2019\u02bc`.", ""))


def fold_name(name: str) -> str:
    """Small Latin letters, digits and what has no Latin form, words parted by one space."""
    if not name.isascii():
        plain = unicodedata.normalize("NFKD", name.casefold().replace("й", "i").replace("ё", "e"))
        name = "".join(c for c in plain if not unicodedata.combining(c)).translate(_LETTERS)
    letters = name.casefold().translate(_SEPARATORS)
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())
