"""Subjects, cameos, and how people are named in a prompt."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from consent_registry.domain.reasons import ConsentFault
from trust_kernel.errors import InvalidInput

HANDLE_GRAMMAR = r"^[a-z0-9_]{3,30}$"
MAX_NAME = 80
"""Characters of a display name."""

_ADULT = 18
_OLDEST = 1900


class Modality(StrEnum):
    """What of a person is used."""

    FACE = "face"
    VOICE = "voice"


class Assurance(StrEnum):
    """How it is known that a cameo shows its subject, the surest first."""

    LIVE_CHALLENGE = "live_challenge"
    """The person answered a challenge before a camera."""
    STAFF_ATTESTED = "staff_attested"
    """Two members of staff saw the person and the recording together."""
    DOCUMENT = "document"
    """Two members of staff saw a document and the recording."""
    ESTATE = "estate"
    """Two members of staff vouch for pictures and recordings of a dead person."""

    @property
    def rank(self) -> int:
        """0 for the least sure."""
        return len(Assurance) - 1 - list(Assurance).index(self)


@dataclass(frozen=True, slots=True)
class Subject:
    """A person whose likeness is, or can be, enrolled.

    Attributes:
        id: ``subj_…``.
        account_id: the account that speaks for them.
        handle: what prompts call them, without @.
        display_name: what pages call them.
        consent_epoch: goes up by at least one with every change of consent.
        minor: whether they are, or this year may still be, under 18.
    """

    id: str
    account_id: str
    handle: str
    display_name: str
    consent_epoch: int
    minor: bool


@dataclass(frozen=True, slots=True)
class SubjectRecord:
    """A subject as it is kept; what is left of a forgotten one is the id, the epoch and the date.

    Attributes:
        account_id: None once forgotten.
        handle: None once forgotten.
        display_name: empty once forgotten.
        birth_year: None where not stated, or forgotten.
        forgotten_at: None while they are with us.
        paused_at: since when they have stopped every use of their likeness; None where they have not.
        daily_uses: releases that others may make with their likeness within 24 hours; None for any number.
    """

    id: str
    account_id: str | None
    handle: str | None
    display_name: str
    consent_epoch: int
    birth_year: int | None
    created_at: datetime
    forgotten_at: datetime | None = None
    paused_at: datetime | None = None
    daily_uses: int | None = None

    def as_of(self, now: datetime) -> Subject | None:
        """The subject at a moment; None once forgotten."""
        if self.forgotten_at is not None or self.account_id is None or self.handle is None:
            return None
        minor = is_minor(self.birth_year, now)
        return Subject(self.id, self.account_id, self.handle, self.display_name, self.consent_epoch, minor)


@dataclass(frozen=True, slots=True)
class Cameo:
    """One version of a subject's enrolled likeness.

    Attributes:
        id: ``cameo_…``.
        version: 1 for the first enrolment.
        assurance: how it is known that it shows the subject.
        has_face: whether face templates were made.
        has_voice: whether voice templates were made.
        keeps_reference: whether a portrait or voice sample is kept, sealed, for the video backend.
    """

    id: str
    subject_id: str
    version: int
    assurance: Assurance
    has_face: bool
    has_voice: bool
    keeps_reference: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CameoMedia:
    """Kept reference media, decrypted; for the video backend only.

    Attributes:
        portrait: uint8 RGB (h, w, 3); None where none is kept.
        voice: float32 mono at 16 kHz in [-1, 1]; None where none is kept.
    """

    portrait: NDArray[np.uint8] | None
    voice: NDArray[np.float32] | None


@dataclass(frozen=True, slots=True)
class Mention:
    """A handle as a prompt spells it.

    Attributes:
        handle: without @, lower case.
        span: characters [start, end) of the prompt as sent, @ included.
    """

    handle: str
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class HandleMention:
    """A handle in a prompt, and whose it is.

    Attributes:
        handle: without @, lower case.
        span: characters [start, end) of the prompt as sent, @ included.
        subject_id: None where nobody goes by it.
    """

    handle: str
    span: tuple[int, int]
    subject_id: str | None


def check_handle(handle: str) -> str:
    """The handle itself.

    Raises:
        InvalidInput: it does not match `HANDLE_GRAMMAR`.
    """
    # fullmatch, because $ alone would let a final line break through
    if re.fullmatch(HANDLE_GRAMMAR.strip("^$"), handle, re.ASCII) is None:
        raise InvalidInput(
            "a handle is 3 to 30 lower-case letters, digits or underscores",
            code=ConsentFault.HANDLE_MALFORMED,
            field="handle",
            limit="3 to 30 of a-z 0-9 _",
        )
    return handle


def check_display_name(name: str) -> str:
    """The name without surrounding white space.

    Raises:
        InvalidInput: empty, longer than `MAX_NAME`, or with control or invisible formatting characters.
    """
    trimmed = name.strip()
    if not 1 <= len(trimmed) <= MAX_NAME or any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} for sign in trimmed):
        raise InvalidInput(
            "a display name is 1 to 80 visible characters",
            code=ConsentFault.NAME_MALFORMED,
            field="display_name",
            limit=f"{MAX_NAME} characters",
        )
    return trimmed


def check_account_id(account_id: str, field: str) -> str:
    """The account id itself; whether there is such an account is not known here.

    Raises:
        InvalidInput: it is not 1 to 100 printable ASCII characters without spaces.
    """
    if re.fullmatch(r"[!-~]{1,100}", account_id) is None:
        raise InvalidInput("this is no account id", code=ConsentFault.ACCOUNT_MALFORMED, field=field)
    return account_id


def check_birth_year(year: int | None, now: datetime) -> int | None:
    """The year itself.

    Raises:
        InvalidInput: before 1900 or in the future.
    """
    if year is not None and not _OLDEST <= year <= now.year:
        raise InvalidInput(
            "this is not a year that a living person was born in",
            code=ConsentFault.BIRTH_YEAR_IMPOSSIBLE,
            field="birth_year",
            limit=f"{_OLDEST} to {now.year}",
        )
    return year


def is_minor(birth_year: int | None, now: datetime) -> bool:
    """Whether somebody born in that year may be under 18 now; the birthday is not known, so the whole year counts."""
    return birth_year is not None and now.year - birth_year <= _ADULT


_MENTION = re.compile(r"@([a-z0-9_]{3,30})(?![a-z0-9_])", re.ASCII)
_LOCAL_PART = re.compile(r"[a-z0-9_+\-](?=@)", re.ASCII)
_DOMAIN = re.compile(r"@[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,24}(?![a-z0-9_])", re.ASCII)


def mentions(prompt: str) -> tuple[Mention, ...]:
    """Every @handle in a prompt, in order.

    Compatibility forms (a full-width @, small capitals) and letter case are folded and invisible characters are
    passed over, so that a handle cannot hide from the registry and still read as one. An e-mail address is no handle;
    something@word without a domain counts as one, because a mention too many is only looked up in vain.
    """
    folded, origins = _fold(prompt)
    found = []
    for match in _MENTION.finditer(folded):
        start = match.start()
        in_address = start > 0 and _LOCAL_PART.match(folded, start - 1) and _DOMAIN.match(folded, start)
        if not in_address:
            found.append(Mention(match.group(1), (origins[start], origins[match.end() - 1] + 1)))
    return tuple(found)


def _fold(text: str) -> tuple[str, list[int]]:
    """Lower-case NFKC without invisible characters, and for each of its characters where it stood in `text`."""
    signs: list[str] = []
    origins: list[int] = []
    for index, sign in enumerate(text):
        if unicodedata.category(sign) == "Cf":
            continue
        folded = sign.lower() if sign.isascii() else unicodedata.normalize("NFKC", sign).lower()
        signs.append(folded)
        origins.extend([index] * len(folded))
    return "".join(signs), origins
