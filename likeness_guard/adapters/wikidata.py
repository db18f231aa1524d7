"""People as Wikidata gives them: entity documents (wbgetentities, Special:EntityData, dumps) and SPARQL results.

Nothing is fetched: a picture (P18) is a file name, looked for in the folder of pictures.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, BinaryIO
from urllib.parse import unquote

from likeness_guard.adapters.csv_people import CODES
from likeness_guard.domain.people import Alias, Category
from likeness_guard.errors import ImportFault
from likeness_guard.ports.people_files import BadLine, ListedPerson, Trouble
from likeness_guard.service.blocklist_terms import moment_of
from trust_kernel.errors import InvalidInput
from trust_kernel.tabular import JsonItems, listed

CHIEF_LANGUAGES = ("en", "mul")
"""The language whose label is the name; else the first label there is."""
MOST_ALIASES = 150
MAJORITY = 18
_PARTS = frozenset({"entities", "results", "bindings"})
_ITEM = re.compile(r"Q[1-9][0-9]{0,18}")
_TIME = re.compile(r"\+(\d{4,})-(\d\d)-(\d\d)T")

POSITIONS: Mapping[str, Category] = {
    "Q48352": Category.HEAD_OF_STATE,
    "Q30461": Category.HEAD_OF_STATE,  # president
    "Q11696": Category.HEAD_OF_STATE,  # president of the United States
    "Q191954": Category.HEAD_OF_STATE,  # president of France
    "Q218295": Category.HEAD_OF_STATE,  # president of Russia
    "Q116": Category.HEAD_OF_STATE,  # monarch
    "Q9134365": Category.HEAD_OF_STATE,  # monarch of the United Kingdom
    "Q2285706": Category.HEAD_OF_GOVERNMENT,
    "Q14212": Category.HEAD_OF_GOVERNMENT,  # prime minister
    "Q14211": Category.HEAD_OF_GOVERNMENT,  # prime minister of the United Kingdom
    "Q4970706": Category.HEAD_OF_GOVERNMENT,  # federal chancellor of Germany
    "Q486839": Category.LEGISLATOR,  # member of parliament
    "Q4175034": Category.LEGISLATOR,
    "Q13218630": Category.LEGISLATOR,  # United States representative
    "Q4416090": Category.LEGISLATOR,  # United States senator
    "Q27169": Category.LEGISLATOR,  # member of the European Parliament
    "Q16533": Category.JUDGE,
    "Q83307": Category.OFFICIAL,  # minister
}
"""Positions held (P39) that say more than the occupation; only those that have no end count."""

OCCUPATIONS: Mapping[str, Category] = {
    "Q82955": Category.OFFICIAL,  # politician
    "Q193391": Category.OFFICIAL,  # diplomat
    "Q16533": Category.JUDGE,
    "Q1930187": Category.JOURNALIST,
    "Q2066131": Category.ATHLETE,
    "Q937857": Category.ATHLETE,  # association football player
    "Q3665646": Category.ATHLETE,  # basketball player
    "Q10833314": Category.ATHLETE,  # tennis player
    "Q33999": Category.PERFORMER,  # actor
    "Q10800557": Category.PERFORMER,  # film actor
    "Q10798782": Category.PERFORMER,  # television actor
    "Q177220": Category.PERFORMER,  # singer
    "Q639669": Category.PERFORMER,  # musician
    "Q947873": Category.PERFORMER,  # television presenter
    "Q36180": Category.PERFORMER,  # writer
    "Q43845": Category.BUSINESS,
    "Q131524": Category.BUSINESS,  # entrepreneur
    "Q15253558": Category.ACTIVIST,
    "Q116": Category.ROYALTY,
}
"""Occupations (P106); the first that is known counts."""


def read_document(file: BinaryIO, today: date) -> Iterator[ListedPerson | BadLine]:
    """People in order of the document.

    Args:
        file: UTF-8 JSON: ``{"entities": {…}}``, an array or lines of entities, or SPARQL results.
        today: decides who is a minor.

    Raises:
        InvalidInput: ``likeness:import:unreadable``, this is neither.
    """
    items = JsonItems(file, CODES, within=_PARTS, members="entities")
    number = 0
    for number, item in enumerate(items, 1):
        yield _person(item, number, today)
    if not number and not items.found:
        raise InvalidInput(
            "this document holds no people",
            code=ImportFault.UNREADABLE,
            field="file",
            limit="entities, or results.bindings",
        )


def _person(item: Any, number: int, today: date) -> ListedPerson | BadLine:
    try:
        if isinstance(item, Mapping) and isinstance(item.get("labels"), Mapping):
            return _entity(item, number, today)
        if isinstance(item, Mapping) and item and all(isinstance(cell, Mapping) for cell in item.values()):
            return _binding(item, number)
    except (TypeError, KeyError, AttributeError, ValueError, IndexError):
        return BadLine(number, Trouble(ImportFault.UNREADABLE, "this person's part does not have Wikidata's shape"))
    except InvalidInput as error:
        return BadLine(number, Trouble(error.code, error.detail, error.field or "", error.limit or ""))
    detail = "neither an entity with labels nor a row of SPARQL results"
    return BadLine(number, Trouble(ImportFault.UNREADABLE, detail))


# --- entity documents


def _entity(item: Mapping[str, Any], number: int, today: date) -> ListedPerson | BadLine:
    labels = {str(language): str(label["value"]) for language, label in item["labels"].items()}
    if not labels:
        return BadLine(number, Trouble(ImportFault.UNREADABLE, f"{item.get('id', 'this')} has no label", "labels"))
    chief = next((language for language in CHIEF_LANGUAGES if language in labels), next(iter(labels)))
    aliases = _aliases(labels, item.get("aliases") or {}, chief)
    notes: tuple[Trouble, ...] = ()
    if len(aliases) > MOST_ALIASES:
        detail = f"{len(aliases) - MOST_ALIASES} of {len(aliases)} aliases were left out"
        notes = (Trouble(ImportFault.ALIASES_CUT, detail, "aliases", f"{MOST_ALIASES} aliases"),)
    claims = item.get("claims") or {}
    fields: dict[str, object] = {"name": labels[chief], "aliases": aliases[:MOST_ALIASES]}
    category = _category(claims, today)
    if category is not None:
        fields["category"] = category
    if _ITEM.fullmatch(str(item.get("id", ""))):
        fields["external_id"] = str(item["id"])
        fields["source"] = f"https://www.wikidata.org/wiki/{item['id']}"
    faces = tuple(str(name).replace("_", " ") for name in _values(claims, "P18"))[:1]
    return ListedPerson(number, fields, faces, (), notes)


def _aliases(labels: Mapping[str, str], more: Mapping[str, Any], chief: str) -> list[Alias]:
    """Other labels and all aliases, those in the chief language first; every spelling once."""
    found: dict[str, Alias] = {}
    for language in dict.fromkeys((chief, *CHIEF_LANGUAGES, *labels, *more)):
        names = [labels[language]] if language in labels else []
        names += [str(alias["value"]) for alias in more.get(language, ())]
        for name in names:
            tag = "" if language in {"mul", "zxx"} else _tag(language)
            found.setdefault(name, Alias(name, tag))
    found.pop(labels[chief], None)
    return list(found.values())


def _tag(language: str) -> str:
    """Wikimedia's code as a language tag; none where it has no such form."""
    return language if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", language) else ""


def _category(claims: Mapping[str, Any], today: date) -> Category | None:
    if any(True for _ in _statements(claims, "P570")):
        return Category.DECEASED
    births = [born for value in _values(claims, "P569") if (born := _day(value)) is not None]
    if births and _years(max(births), today) < MAJORITY:
        return Category.MINOR
    held = _items(claims, "P39", standing=True)
    return _first(POSITIONS, held) or _first(OCCUPATIONS, _items(claims, "P106"))


def _first(known: Mapping[str, Category], items: Sequence[str]) -> Category | None:
    """The category that comes first in the table, or in the document where that is all the same."""
    found = [known[item] for item in items if item in known]
    order = list(dict.fromkeys(known.values()))
    return min(found, key=order.index) if found and known is POSITIONS else next(iter(found), None)


def _items(claims: Mapping[str, Any], name: str, *, standing: bool = False) -> list[str]:
    return [
        str(value["id"])
        for statement, value in _statements(claims, name)
        if isinstance(value, Mapping) and not (standing and "P582" in (statement.get("qualifiers") or {}))
    ]


def _values(claims: Mapping[str, Any], name: str) -> list[Any]:
    return [value for _, value in _statements(claims, name) if value is not None]


def _statements(claims: Mapping[str, Any], name: str) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Statements that are not deprecated with their values, the preferred first; None for an unknown value."""
    given: Iterable[Mapping[str, Any]] = claims.get(name) or ()
    for statement in sorted(given, key=lambda one: one.get("rank") != "preferred"):
        snak = statement.get("mainsnak") or {}
        if statement.get("rank") != "deprecated" and snak.get("snaktype") != "novalue":
            yield statement, (snak.get("datavalue") or {}).get("value")


def _day(value: Any) -> date | None:
    """The latest day that a time of Wikidata's may mean: a year alone, with month and day 0, its last."""
    found = _TIME.match(str(value.get("time", ""))) if isinstance(value, Mapping) else None
    if found is None or int(found[1]) > date.max.year:
        return None
    precise = int(value.get("precision", 11))
    month = int(found[2]) if precise >= 10 and found[2] != "00" else 12  # noqa: PLR2004 - 10 means months
    day = int(found[3]) if precise >= 11 and found[3] != "00" else 28  # noqa: PLR2004 - 11 means days
    return date(int(found[1]), month, day)


def _years(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


# --- SPARQL results


def _binding(row: Mapping[str, Any], number: int) -> ListedPerson | BadLine:
    """A row: `person` or `item` (the entity), `personLabel` or `name`, and any column of the table by its name."""
    cells = {str(name): str(cell["value"]) for name, cell in row.items()}
    entity = cells.get("person") or cells.get("item") or ""
    name = cells.get("name") or cells.get("personLabel") or cells.get("itemLabel") or ""
    fields: dict[str, object] = {"name": name}
    item = entity.rsplit("/", 1)[-1]
    if _ITEM.fullmatch(item):
        fields["external_id"] = item
        fields["source"] = f"https://www.wikidata.org/wiki/{item}"
    for column in ("category", "lifted_by", "source", "external_id", "note"):
        if cells.get(column):
            fields[column] = cells[column]
    aliases = cells.get("aliases") or cells.get("altLabel") or cells.get("personAltLabel") or cells.get("itemAltLabel")
    if aliases:
        fields["aliases"] = listed(aliases if "|" in aliases else aliases.replace(", ", "|"))
    for column, field in (("starts", "starts_at"), ("ends", "ends_at")):
        if cells.get(column):
            fields[field] = moment_of(cells[column], column, last=column == "ends")
    picture = cells.get("faces") or cells.get("image") or ""
    faces = tuple(unquote(part).rsplit("/", 1)[-1] for part in listed(picture))
    return ListedPerson(number, fields, faces, listed(cells.get("voices", "")))
