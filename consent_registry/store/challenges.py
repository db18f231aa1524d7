"""Queries about live challenges and prints of recordings."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, update
from sqlmodel import col, select

from consent_registry.domain.challenges import Challenge, SoundPrint, Turn
from consent_registry.store.rows import Rows
from consent_registry.tables.challenges import ChallengeRow, RecordingPrintRow

_AT_ONCE = 400
"""Values in one statement, well under SQLite's limit."""
_COMMON = 5_000
"""Rows of one batch of tokens that are looked at: sounds that half the world makes tell nobody apart."""


class RecordingRows(Rows):
    """`RecordingStore`."""

    def drop_recording(self, challenge_id: str) -> None:
        """Delete the prints of one recording."""
        self.change(delete(RecordingPrintRow).where(col(RecordingPrintRow.recording) == challenge_id))


class SqlChallenges(RecordingRows):
    """`ChallengeStore` on SQLite or PostgreSQL."""

    def add_challenge(self, challenge: Challenge) -> None:
        """Insert one."""
        row = ChallengeRow(
            id=challenge.id,
            subject_id=challenge.subject_id,
            language=challenge.language,
            digits="".join(str(digit) for digit in challenge.digits),
            turns=" ".join(challenge.turns),
            issued_at=challenge.issued_at,
            expires_at=challenge.expires_at,
        )
        self.insert(row)

    def challenge(self, challenge_id: str) -> Challenge | None:
        """By id."""
        row = self.one(ChallengeRow, col(ChallengeRow.id) == challenge_id)
        return _challenge(row) if row else None

    def issued_since(self, subject_id: str, since: datetime) -> int:
        """How many a subject was given since a moment."""
        mine = (col(ChallengeRow.subject_id) == subject_id, col(ChallengeRow.issued_at) >= since)
        with self.database.reading() as session:
            return int(session.exec(select(func.count()).select_from(ChallengeRow).where(*mine)).one())

    def use(self, challenge_id: str, now: datetime) -> bool:
        """Use one up; one statement, so that of two who try at once one succeeds."""
        unused = (col(ChallengeRow.id) == challenge_id, col(ChallengeRow.used_at).is_(None))
        return self.change(update(ChallengeRow).where(*unused).values(used_at=now)) == 1

    def drop_challenges(self, before: datetime) -> int:
        """Delete challenges that ended before a moment."""
        return self.change(delete(ChallengeRow).where(col(ChallengeRow.expires_at) < before))

    def add_prints(self, subject_id: str, challenge_id: str, prints: Sequence[SoundPrint]) -> None:
        """Keep the prints of a recording."""
        rows = [
            {"subject_id": subject_id, "recording": challenge_id, "token": one.token, "slot": one.slot}
            for one in prints
        ]
        if rows:
            with self.database.transaction() as session:
                session.execute(insert(RecordingPrintRow), rows)

    def alike(self, prints: Sequence[SoundPrint]) -> int:
        """The most prints that any one kept recording shares with these at one shift in time."""
        slots: dict[int, list[int]] = {}
        for one in prints:
            slots.setdefault(one.token, []).append(one.slot)
        shifts: Counter[tuple[str, int]] = Counter()
        with self.database.reading() as session:
            for tokens in _batches(sorted(slots)):
                found = select(RecordingPrintRow.recording, RecordingPrintRow.token, RecordingPrintRow.slot)
                for recording, token, slot in session.exec(
                    found.where(col(RecordingPrintRow.token).in_(tokens)).limit(_COMMON)
                ):
                    shifts.update((recording, slot - mine) for mine in slots[token])
        # a shift may fall between two slots
        return max((count + shifts[recording, shift + 1] for (recording, shift), count in shifts.items()), default=0)


def _batches(tokens: Sequence[int]) -> Iterator[Sequence[int]]:
    return (tokens[start : start + _AT_ONCE] for start in range(0, len(tokens), _AT_ONCE))


def _challenge(row: ChallengeRow) -> Challenge:
    return Challenge(
        id=row.id,
        subject_id=row.subject_id,
        language=row.language,
        digits=tuple(int(digit) for digit in row.digits),
        turns=tuple(Turn(turn) for turn in row.turns.split()),
        issued_at=row.issued_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
