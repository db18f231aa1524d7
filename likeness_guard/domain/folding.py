"""Names as they are compared at import: without case, accents, alphabet and the order of their words.

This is laxer than what is found in prompts (`trust_kernel.names`): it only points staff to entries that may be one and
the same person.
"""

from dataclasses import dataclass

_FRAGMENT = 4
_ONE_SLIP = 6
_TWO_SLIPS = 10


def key_of(folded: str) -> str:
    """Words in order of the alphabet, run together: the same for "Ada King" and "King, Ada"."""
    return "".join(sorted(folded.split()))


def fragments_of(folded: str) -> tuple[str, ...]:
    """Beginnings and ends of words; a name nearly like this one has one of them."""
    words = [word for word in folded.split() if len(word) >= _FRAGMENT] or folded.split()
    return tuple(dict.fromkeys(part for word in words for part in (word[:_FRAGMENT], word[-_FRAGMENT:])))


def slips_forgiven(key: str) -> int:
    """How many slips of the pen still make a name nearly the same."""
    return 2 if len(key) >= _TWO_SLIPS else int(len(key) >= _ONE_SLIP)


@dataclass(frozen=True, slots=True)
class NearName:
    """An entry with the same name or nearly so.

    Attributes:
        score: 1.0 the same, else 1 less the share of letters that differ.
    """

    entry_id: str
    score: float


class Census:
    """Names of many entries, asked one by one which others are the same or nearly so.

    The same: any name or alias of one is a name or alias of the other. Nearly: their chief names lie within one slip
    (two from 10 letters on; optimal string alignment). Candidates share the first or the last four letters.
    """

    def __init__(self) -> None:
        self._same: dict[str, list[str]] = {}
        self._near: dict[str, list[tuple[str, str]]] = {}

    def add(self, entry_id: str, folded: str) -> None:
        """Take an entry in: its folded names, one a line, the chief one first."""
        names = folded.split("\n")
        for key in {key_of(name) for name in names} - {""}:
            self._same.setdefault(key, []).append(entry_id)
        chief = key_of(names[0])
        if slips_forgiven(chief):
            for block in {chief[:_FRAGMENT] + "~", "~" + chief[-_FRAGMENT:]}:
                self._near.setdefault(block, []).append((chief, entry_id))

    def alike(self, entry_id: str, folded: str, most: int = 10) -> tuple[NearName, ...]:
        """Other entries with the same or nearly the same name, the most alike first."""
        names = folded.split("\n")
        found = dict.fromkeys(
            (other for name in names for other in self._same.get(key_of(name), ()) if other != entry_id), 1.0
        )
        for other, score in self._nearly(key_of(names[0])):
            if other != entry_id:
                found[other] = max(score, found.get(other, 0.0))
        ordered = sorted((NearName(other, score) for other, score in found.items()), key=lambda n: -n.score)
        return tuple(ordered[:most])

    def _nearly(self, chief: str) -> list[tuple[str, float]]:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        slips = slips_forgiven(chief)
        if not slips:
            return []
        blocks = (chief[:_FRAGMENT] + "~", "~" + chief[-_FRAGMENT:])
        known = {
            pair
            for block in blocks
            for pair in self._near.get(block, ())
            if abs(len(pair[0]) - len(chief)) <= slips and pair[0] != chief
        }
        pairs = list(known)
        hits = process.extract(
            chief, [key for key, _ in pairs], scorer=OSA.distance, score_cutoff=slips, limit=None, processor=None
        )
        return [(pairs[at][1], 1.0 - distance / max(len(chief), len(key))) for key, distance, at in hits]
