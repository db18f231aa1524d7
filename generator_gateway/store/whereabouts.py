"""Where a person is in what was released: a page of releases, and what is known of the person in each."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlmodel import col, or_, select

from generator_gateway.ports import ReleaseRecord
from generator_gateway.ports.whereabouts import KnownAppearance, Sensed
from generator_gateway.store.releases import ReleaseStore
from generator_gateway.tables import AppearanceRow, DecisionRow, OwnerRow, ReleaseRow
from trust_kernel.clock import aware
from trust_kernel.db import Database
from trust_kernel.decisions import Outcome, Stage

_MOST_IDS = 10_000
"""Ids that one statement is given: SQLite takes 32,766 values."""
_THOUSAND = 1_000
_MILLION = 1_000_000
_SURE = frozenset({Outcome.CONSENTED.value, Outcome.MATCH.value})


class WhereaboutsStore:
    """Reads rows of releases, owners, appearances and decisions; opens no medium."""

    def __init__(self, database: Database, releases: ReleaseStore) -> None:
        self._database = database
        self._releases = releases

    def releases(
        self, subject_id: str, found: Collection[str], *, after: str | None, limit: int
    ) -> tuple[Sequence[ReleaseRecord], bool]:
        """Releases that a person owns as a subject, was found in later or is in now, newest first."""
        owned = select(OwnerRow.case_id).where(OwnerRow.subject_id == subject_id)
        later = select(AppearanceRow.case_id).where(AppearanceRow.owner == subject_id)
        # Newest first and before the last page: what is cut off could not be on this page.
        now = sorted((one for one in found if after is None or one < after), reverse=True)[:_MOST_IDS]
        here = or_(
            col(ReleaseRow.case_id).in_(owned), col(ReleaseRow.case_id).in_(later), col(ReleaseRow.case_id).in_(now)
        )
        statement = select(ReleaseRow.case_id).where(here).order_by(col(ReleaseRow.case_id).desc())
        if after is not None:
            statement = statement.where(col(ReleaseRow.case_id) < after)
        with self._database.reading() as session:
            ids = list(session.exec(statement.limit(limit + 1)))
            return self._releases.these(ids[:limit]), len(ids) > limit

    def sensed(self, subject_id: str, case_ids: Collection[str]) -> Mapping[tuple[str, str], Sensed]:
        """What the last look at each of these outputs said of a person, by case and modality."""
        statement = (
            select(DecisionRow)
            .where(col(DecisionRow.case_id).in_(case_ids), DecisionRow.stage == Stage.OUTPUT.value)
            .order_by(col(DecisionRow.at))
        )
        last: dict[str, DecisionRow] = {}
        with self._database.reading() as session:
            for row in session.exec(statement):
                last[row.case_id] = row
        found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for case_id, row in last.items():
            for modality, finding in _about(row, subject_id):
                found[case_id, modality].append(finding)
        return {key: _together(findings) for key, findings in found.items()}

    def appearances(self, subject_id: str, case_ids: Collection[str]) -> Mapping[tuple[str, str], KnownAppearance]:
        """What later searches found of a person in these, by case and modality."""
        statement = select(AppearanceRow).where(
            AppearanceRow.owner == subject_id, col(AppearanceRow.case_id).in_(case_ids)
        )
        with self._database.reading() as session:
            return {
                (row.case_id, row.modality): KnownAppearance(
                    row.id,
                    row.state,
                    row.band,
                    row.probability,
                    row.fpir,
                    aware(row.disputed_at) if row.disputed_at else None,
                )
                for row in session.exec(statement)
            }


def _about(row: DecisionRow, subject_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for ruling in row.rulings:
        finding = ruling["finding"]
        modality = finding.get("facts", {}).get("modality")
        if finding.get("about") == subject_id and modality is not None and finding.get("outcome") in _SURE:
            yield str(modality), finding


def _together(findings: Sequence[Mapping[str, Any]]) -> Sensed:
    stretches = sorted(
        {tuple(finding["evidence"]["seconds"]) for finding in findings if finding["evidence"]["seconds"]}
    )
    return Sensed(
        seconds=tuple((float(start), float(end)) for start, end in stretches),
        probability=max(int(finding["facts"].get("probability", 0)) for finding in findings) / _THOUSAND,
        fpir=min(int(finding["facts"].get("false_positives", _MILLION)) for finding in findings) / _MILLION,
    )
