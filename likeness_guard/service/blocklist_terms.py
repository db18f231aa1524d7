"""What a blocklist entry may say: its fields checked, compared and committed to."""

import hashlib
import json
import re
import secrets
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

from likeness_guard.domain.people import (
    Alias,
    Category,
    Entry,
    EntryChange,
    EntryEvent,
    LiftedBy,
    NewEntry,
    Noise,
    NoisyName,
    usually_lifted_by,
)
from likeness_guard.errors import BlocklistFault, EnrolmentFault
from likeness_guard.ports import Picture, Sound
from trust_kernel.clock import aware
from trust_kernel.errors import InvalidInput
from trust_kernel.ids import new_id
from trust_kernel.names.english import NEVER_NAMES
from trust_kernel.names.plain import fold_name

LONGEST_NAME = 200
MOST_ALIASES = 200
LONGEST_NOTE = 2000
LONGEST_SOURCE = 1000
LONGEST_EXTERNAL_ID = 100
FIELDS = (
    "name",
    "aliases",
    "category",
    "lifted_by",
    "starts_at",
    "ends_at",
    "source",
    "external_id",
    "note",
)
"""What can be set and changed."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_TAGGED = re.compile(r"(.+?)@(" + _LANGUAGE.pattern + ")")
_EXTERNAL = re.compile(r"[A-Za-z0-9_.:/~-]*")
_SHORT = 4
_SALT_BYTES = 16
_Choice = TypeVar("_Choice", Category, LiftedBy)


@dataclass(frozen=True, slots=True)
class ReferenceMedia:
    """Reference media of one entry.

    Attributes:
        faces: uint8 RGB pictures with one face each.
        voices: float32 mono sounds at 16 kHz.
        digests: SHA-256 of their files, hex.
    """

    faces: Sequence[Picture] = ()
    voices: Sequence[Sound] = ()
    digests: Sequence[str] = ()


def checked(new: NewEntry) -> NewEntry:
    """The same with every field cleaned and made what it stands for; reference media left out.

    Raises:
        InvalidInput: a `BlocklistFault` or `EnrolmentFault.NAME_MISSING`, with field and limit.
    """
    name = _text(new.name, "name", LONGEST_NAME)
    if not _nameable(name):
        raise InvalidInput(
            "a blocklist entry needs a name with a letter or a digit in it",
            code=EnrolmentFault.NAME_MISSING,
            field="name",
            limit=f"{LONGEST_NAME} characters",
        )
    category = _one_of(Category, new.category or Category.OTHER, "category")
    lifted_by = _one_of(LiftedBy, new.lifted_by or usually_lifted_by(category), "lifted_by")
    starts, ends = _moment(new.starts_at), _moment(new.ends_at)
    if starts and ends and ends <= starts:
        raise _malformed("a block ends after it starts", "ends_at", "later than starts_at")
    external = _text(new.external_id, "external_id", LONGEST_EXTERNAL_ID)
    if _EXTERNAL.fullmatch(external) is None:
        raise _malformed("this is no id", "external_id", "letters, digits and _ . : / ~ -")
    _not_everywhere(name, "name")
    return NewEntry(
        name=name,
        aliases=_aliases(new.aliases, name),
        category=category,
        lifted_by=lifted_by,
        starts_at=starts,
        ends_at=ends,
        source=_text(new.source, "source", LONGEST_SOURCE),
        external_id=external,
        note=_text(new.note, "note", LONGEST_NOTE, lines=True),
    )


def alias_of(written: str) -> Alias:
    """An alias as people write it in forms and tables: ``name`` or ``name@language``."""
    found = _TAGGED.fullmatch(written.strip())
    return Alias(found[1].strip(), found[2]) if found else Alias(written.strip())


def moment_of(written: str, field: str, *, last: bool = False) -> datetime | None:
    """A date or a time in ISO 8601; no zone means UTC; None for nothing.

    Args:
        written: ``2026-11-03`` or ``2026-11-03T08:00:00+01:00``.
        field: named in errors.
        last: a date alone includes that day: its end is meant.

    Raises:
        InvalidInput: it is neither.
    """
    written = written.strip()
    if not written:
        return None
    try:
        if len(written) <= len("2026-11-03"):
            day = date.fromisoformat(written) + timedelta(days=int(last))
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        found = datetime.fromisoformat(written)
    except (ValueError, OverflowError):
        raise InvalidInput(
            f"{written[:40]!r} is no date",
            code=BlocklistFault.MALFORMED,
            field=field,
            limit="YYYY-MM-DD, or a time in ISO 8601",
        ) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def entry_of(clean: NewEntry, by: str, now: datetime, media: Sequence[str], salt: str) -> Entry:
    """A new entry of fields that were checked."""
    return Entry(
        id=new_id("blk"),
        name=clean.name,
        aliases=_only_aliases(clean),
        category=Category(clean.category),
        has_face=False,
        has_voice=False,
        lifted_by=LiftedBy(clean.lifted_by or LiftedBy.POLICY_TEAM),
        created_by=by,
        created_at=now,
        updated_at=now,
        salt=salt,
        starts_at=clean.starts_at,
        ends_at=clean.ends_at,
        source=clean.source,
        external_id=clean.external_id,
        note=clean.note,
        media=tuple(media),
    )


def terms_of(entry: Entry) -> NewEntry:
    """An entry's fields, to change some of them."""
    return NewEntry(**{name: getattr(entry, name) for name in FIELDS})


def revised(entry: Entry, clean: NewEntry, now: datetime) -> Entry:
    """The entry with other fields; itself where nothing differs. A lift that was proposed must be proposed again."""
    changed = replace(
        entry,
        name=clean.name,
        aliases=_only_aliases(clean),
        category=Category(clean.category),
        lifted_by=LiftedBy(clean.lifted_by or entry.lifted_by),
        starts_at=clean.starts_at,
        ends_at=clean.ends_at,
        source=clean.source,
        external_id=clean.external_id,
        note=clean.note,
    )
    return entry if changed == entry else replace(changed, version=entry.version + 1, updated_at=now, proposal=None)


def differences(before: Entry, after: Entry) -> Mapping[str, tuple[str, str]]:
    """What was there before and after, as text, by field."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in (*FIELDS, "media")}
    return {name: (_shown(old), _shown(new)) for name, (old, new) in pairs.items() if old != new}


def commitment(entry: Entry) -> str:
    """SHA-256 over the entry and its salt, hex: the ledger can be held to it, and nobody can try names against it."""
    terms = {name: _shown(getattr(entry, name)) for name in (*FIELDS, "media")}
    text = json.dumps([entry.salt, entry.id, entry.version, terms], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def reaches_further(before: Entry, after: Entry) -> bool:
    """Whether an entry may stop what it did not stop before: it has a new name, or stands at other times."""
    dates = (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at)
    return dates or not set(after.names) <= set(before.names)


def noisy_names(names: Sequence[str]) -> Iterator[NoisyName]:
    """Names of one common word, which are only found where written like a name, and names of under four letters."""
    from trust_kernel.names.english import is_common

    for name in names:
        letters = sum(character.isalnum() for character in name)
        if " " not in name and is_common(name.casefold()):
            yield NoisyName(name, Noise.COMMON_WORD)
        elif letters < _SHORT and name.isascii():
            yield NoisyName(name, Noise.SHORT)


def new_salt() -> str:
    """16 random bytes, hex."""
    return secrets.token_hex(_SALT_BYTES)


def made(
    entry: Entry,
    event: EntryEvent,
    by: str,
    changes: Mapping[str, tuple[str, str]] | None = None,
    *,
    reason: str = "",
    at: datetime | None = None,
) -> EntryChange:
    """A line of history."""
    return EntryChange(entry.id, entry.version, event, by, at or entry.updated_at, entry.name, changes or {}, reason)


def with_media(entry: Entry, references: ReferenceMedia, now: datetime) -> Entry:
    """The entry once it has learnt from reference media."""
    return replace(
        entry,
        has_face=entry.has_face or bool(references.faces),
        has_voice=entry.has_voice or bool(references.voices),
        media=tuple(dict.fromkeys((*entry.media, *references.digests))),
        version=entry.version + 1,
        updated_at=now,
    )


def _aliases(given: Sequence[str | Alias], name: str) -> tuple[Alias, ...]:
    found: dict[str, Alias] = {}
    for number, one in enumerate(given):
        alias = alias_of(one) if isinstance(one, str) else one
        text = _text(alias.name, f"aliases.{number}", LONGEST_NAME)
        if alias.language and _LANGUAGE.fullmatch(alias.language) is None:
            raise _malformed("this is no language tag", f"aliases.{number}", "such as en, pt-BR, zh-Hant")
        _not_everywhere(text, f"aliases.{number}")
        if text and text != name and _nameable(text):
            found.setdefault(text, Alias(text, alias.language))
    if len(found) > MOST_ALIASES:
        raise _malformed("too many aliases", "aliases", f"{MOST_ALIASES} aliases")
    return tuple(found.values())


def _not_everywhere(name: str, field: str) -> None:
    if fold_name(name) in NEVER_NAMES:
        raise _malformed(f"{name!r} is in every other sentence", field, "the whole name")


def _only_aliases(clean: NewEntry) -> tuple[Alias, ...]:
    return tuple(alias if isinstance(alias, Alias) else alias_of(alias) for alias in clean.aliases)


def _nameable(name: str) -> bool:
    return any(character.isalnum() for character in name)


def _text(given: str, field: str, longest: int, *, lines: bool = False) -> str:
    text = given.strip() if lines else " ".join(given.split())
    if len(text) > longest:
        raise _malformed("this is too long", field, f"{longest} characters")
    allowed = "\n\r\t" if lines else ""
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in allowed for c in text):
        raise _malformed("this holds characters that are no text", field, "no control characters")
    return text


def _one_of(kind: type[_Choice], given: str, field: str) -> _Choice:
    try:
        return kind(given)
    except ValueError:
        raise _malformed(f"there is no such {field}", field, ", ".join(kind)) from None


def _moment(given: datetime | None) -> datetime | None:
    return None if given is None else aware(given)


def _malformed(detail: str, field: str, limit: str) -> InvalidInput:
    return InvalidInput(detail, code=BlocklistFault.MALFORMED, field=field, limit=limit)


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return " | ".join(_shown(one) for one in value)
    if isinstance(value, Alias):
        return f"{value.name}@{value.language}" if value.language else value.name
    return "" if value is None else str(value)
