"""How each account wants to be told: language, e-mail now, once a day or never, and what is shown in the app."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from trust_kernel.db import Database
from trust_kernel.delivery.domain import DeliveryReason
from trust_kernel.delivery.tables import NoticeSettingsRow
from trust_kernel.errors import InvalidInput

_HOURS = 24


class Mailing(StrEnum):
    """When an e-mail says it."""

    NOW = "now"
    DIGEST = "digest"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class AreaSetting:
    """How one area's notices reach somebody.

    Attributes:
        in_app: whether they are listed in the app; kinds that cannot be turned off are, whatever this says.
    """

    mail: Mailing = Mailing.NOW
    in_app: bool = True


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """What holds for every account.

    Attributes:
        languages: of mails and pages; the first is everybody's until they choose.
        areas: first parts of event kinds, with what holds for whoever did not choose.
        always: kinds that are always shown in the app.
    """

    languages: tuple[str, ...]
    areas: Mapping[str, AreaSetting]
    always: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """One account's choices, and the defaults where it made none.

    Attributes:
        language: of `NoticeRules.languages`.
        hour: of the daily digest, 0 to 23, in `zone`.
        zone: an IANA time zone.
        areas: by the first part of an event's kind.
    """

    language: str
    hour: int = 8
    zone: str = "UTC"
    areas: Mapping[str, AreaSetting] = field(default_factory=dict)

    def of(self, kind: str) -> AreaSetting:
        """What holds for a kind of event."""
        return self.areas.get(kind.split(":", 1)[0], AreaSetting())

    @property
    def hidden(self) -> frozenset[str]:
        """Areas that are not listed in the app."""
        return frozenset(area for area, chosen in self.areas.items() if not chosen.in_app)

    def next_digest(self, now: datetime) -> datetime:
        """The next moment after this one at which the clock there shows the hour."""
        local = now.astimezone(_zone(self.zone))
        for day in range(3):
            at = (local + timedelta(days=day)).replace(hour=self.hour, minute=0, second=0, microsecond=0, fold=0)
            if at.astimezone(UTC) > now:
                return at.astimezone(UTC)
        raise AssertionError("every hour comes round within two days")


class NoticeBook:
    """Keeps what accounts chose.

    Args:
        database: holds it.
        rules: areas, languages and defaults.
    """

    def __init__(self, database: Database, rules: NoticeRules) -> None:
        self._database = database
        self.rules = rules

    def of(self, account_id: str) -> NoticeSettings:
        """One account's settings."""
        return self.of_all([account_id])[account_id]

    def of_all(self, account_ids: Iterable[str]) -> dict[str, NoticeSettings]:
        """The settings of several accounts."""
        wanted = list(set(account_ids))
        with self._database.reading() as session:
            rows = session.exec(select(NoticeSettingsRow).where(col(NoticeSettingsRow.account_id).in_(wanted))).all()
        chosen = {row.account_id: self._settings(row) for row in rows}
        return {account_id: chosen.get(account_id) or self._settings(None) for account_id in wanted}

    def choose(
        self,
        account_id: str,
        *,
        language: str | None = None,
        hour: int | None = None,
        zone: str | None = None,
        areas: Mapping[str, AreaSetting] | None = None,
    ) -> NoticeSettings:
        """Change what is given and keep the rest.

        Raises:
            InvalidInput: there is no such language, hour, zone or area.
        """
        self._check(language, hour, zone, areas)
        with self._database.transaction() as session:
            row = _row(session, account_id)
            held = self._settings(row)
            row.language = language or row.language
            row.hour = held.hour if hour is None else hour
            row.zone = zone or row.zone
            kept = dict(row.areas) | {
                area: {"mail": str(one.mail), "in_app": one.in_app} for area, one in (areas or {}).items()
            }
            row.areas = kept
            session.add(row)
            return self._settings(row)

    def mail_off(self, account_id: str, area: str) -> None:
        """No more e-mails about an area; raises InvalidInput where there is none of that name."""
        with self._database.transaction():
            held = self.of(account_id).of(area)
            self.choose(account_id, areas={area: replace(held, mail=Mailing.OFF)})

    def digest_off(self, account_id: str) -> None:
        """No more digests: every area that is told once a day is not mailed at all."""
        with self._database.transaction():
            held = self.of(account_id).areas.items()
            daily = {area: one for area, one in held if one.mail is Mailing.DIGEST}
            self.choose(account_id, areas={area: replace(one, mail=Mailing.OFF) for area, one in daily.items()})

    def _check(
        self, language: str | None, hour: int | None, zone: str | None, areas: Mapping[str, AreaSetting] | None
    ) -> None:
        if language is not None and language not in self.rules.languages:
            raise InvalidInput(
                f"languages are {', '.join(self.rules.languages)}",
                code=DeliveryReason.LANGUAGE_UNKNOWN,
                field="language",
            )
        if hour is not None and not 0 <= hour < _HOURS:
            raise InvalidInput("an hour is 0 to 23", code=DeliveryReason.HOUR_MALFORMED, field="hour")
        if zone is not None and not _is_zone(zone):
            raise InvalidInput("this is no time zone", code=DeliveryReason.ZONE_UNKNOWN, field="zone")
        unknown = set(areas or ()) - set(self.rules.areas)
        if unknown:
            raise InvalidInput(
                f"areas are {', '.join(sorted(self.rules.areas))}", code=DeliveryReason.AREA_UNKNOWN, field="areas"
            )

    def _settings(self, row: NoticeSettingsRow | None) -> NoticeSettings:
        first = self.rules.languages[0]
        if row is None:
            return NoticeSettings(first, areas=dict(self.rules.areas))
        chosen = {
            area: AreaSetting(Mailing(one["mail"]), bool(one["in_app"]))
            for area, one in row.areas.items()
            if area in self.rules.areas
        }
        return NoticeSettings(row.language or first, row.hour, row.zone, dict(self.rules.areas) | chosen)


def _row(session: Session, account_id: str) -> NoticeSettingsRow:
    row = session.get(NoticeSettingsRow, account_id, with_for_update=True)
    if row is None:
        blank = NoticeSettings("")
        made = NoticeSettingsRow(account_id=account_id, language="", hour=blank.hour, zone=blank.zone, areas={})
        # Two first choices at once, a double click: the second goes on from the first.
        with suppress(IntegrityError), session.begin_nested():
            session.add(made)
        row = session.get_one(NoticeSettingsRow, account_id, with_for_update=True)
    return row


@lru_cache(maxsize=1000)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A machine without time zone data tells everybody by UTC.
        return UTC


def _is_zone(name: str) -> bool:
    return name == "UTC" or (len(name) <= 64 and _zone(name) is not UTC)  # noqa: PLR2004 - longer than any
