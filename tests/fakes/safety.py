"""Bars, reports, the lockdown, uses and groups, in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from consent_registry.domain import Bar, Grant, GrantUse, Group, Lockdown, PersonReport, SubjectRecord


class FakeSafety:
    """`SafetyStore` in memory; subjects are the store's own."""

    def __init__(self) -> None:
        super().__init__()
        self._subjects: dict[str, SubjectRecord] = {}
        self._grants: dict[str, Grant] = {}
        self._bars: dict[tuple[str, str], Bar] = {}
        self._switch = Lockdown()
        self._uses: dict[tuple[str, str], GrantUse] = {}
        self._reports: dict[str, PersonReport] = {}
        self.held_requesters: list[str] = []

    def add_bar(self, bar: Bar) -> bool:
        key = (bar.subject_id, bar.account_id)
        return key not in self._bars and self._bars.setdefault(key, bar) is bar

    def drop_bar(self, subject_id: str, account_id: str) -> bool:
        return self._bars.pop((subject_id, account_id), None) is not None

    def drop_bars(self, subject_id: str) -> None:
        self._bars = {key: bar for key, bar in self._bars.items() if subject_id != key[0]}

    def bars(self, subject_id: str) -> Sequence[Bar]:
        found = [bar for bar in self._bars.values() if bar.subject_id == subject_id]
        return sorted(found, key=lambda bar: (bar.at, bar.account_id))

    def barred(self, subject_id: str, account_id: str) -> bool:
        return (subject_id, account_id) in self._bars

    def set_pause(self, subject_id: str, at: datetime | None) -> None:
        self._subjects[subject_id] = replace(self._subjects[subject_id], paused_at=at)

    def set_daily_uses(self, subject_id: str, uses: int | None) -> None:
        self._subjects[subject_id] = replace(self._subjects[subject_id], daily_uses=uses)

    def lockdown(self) -> Lockdown:
        return self._switch

    def lockdown_held(self, *, to_change: bool) -> Lockdown:
        del to_change
        return self._switch

    def set_lockdown(self, lockdown: Lockdown) -> None:
        self._switch = lockdown

    def add_use(self, use: GrantUse) -> None:
        self._uses.setdefault((use.use_id, use.grant_id), use)

    def uses_by(self, subject_id: str, account_id: str, since: datetime) -> Mapping[str, int]:
        pairs = (subject_id, account_id)
        return Counter(use.grant_id for use in self._since(since) if (use.subject_id, use.account_id) == pairs)

    def uses_of(self, subject_id: str, since: datetime) -> int:
        return len({use.use_id for use in self._since(since) if use.subject_id == subject_id})

    def uses_made(self, account_id: str, since: datetime) -> int:
        return len({use.use_id for use in self._since(since) if use.account_id == account_id})

    def _since(self, moment: datetime) -> list[GrantUse]:
        return [use for use in self._uses.values() if use.at > moment]

    def hold_requester(self, account_id: str) -> None:
        self.held_requesters.append(account_id)

    def add_report(self, report: PersonReport) -> None:
        self._reports[report.id] = report

    def report(self, report_id: str) -> PersonReport | None:
        return self._reports.get(report_id)

    def reports(self, *, closed: bool, after: str | None, limit: int) -> Sequence[PersonReport]:
        found = [report for report in self._reports.values() if (report.closed_at is not None) is closed]
        found.sort(key=lambda report: report.id)
        found.sort(key=lambda report: report.closed_at or report.at, reverse=closed)
        ids = [report.id for report in found]
        start = ids.index(after) + 1 if after in ids else 0
        return found[start : start + limit]

    def reports_by(self, account_id: str, since: datetime) -> int:
        return sum(report.reporter == account_id and report.at > since for report in self._reports.values())

    def close_report(self, report_id: str, by: str, at: datetime, note: str) -> bool:
        found = self._reports[report_id]
        if found.closed_at is not None:
            return False
        self._reports[report_id] = replace(found, closed_at=at, closed_by=by, note=note)
        return True


class FakeGroups:
    """`GroupStore` in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: dict[str, Group] = {}

    def add_group(self, group: Group) -> None:
        self._groups[group.id] = replace(group, account_ids=frozenset())

    def group(self, group_id: str) -> Group | None:
        return self._groups.get(group_id)

    def groups(self, subject_id: str) -> Sequence[Group]:
        found = [group for group in self._groups.values() if group.subject_id == subject_id]
        return sorted(found, key=lambda group: (group.created_at, group.id))

    def name_group(self, group_id: str, name: str) -> None:
        self._groups[group_id] = replace(self._groups[group_id], name=name)

    def drop_group(self, group_id: str) -> None:
        self._groups.pop(group_id, None)

    def drop_groups(self, subject_id: str, account_id: str) -> None:
        self._groups = {
            key: replace(group, account_ids=group.account_ids - {account_id})
            for key, group in self._groups.items()
            if group.subject_id != subject_id
        }

    def add_member(self, group_id: str, account_id: str, at: datetime) -> bool:
        del at
        group = self._groups[group_id]
        self._groups[group_id] = replace(group, account_ids=group.account_ids | {account_id})
        return account_id not in group.account_ids

    def drop_member(self, group_id: str, account_id: str) -> bool:
        group = self._groups[group_id]
        self._groups[group_id] = replace(group, account_ids=group.account_ids - {account_id})
        return account_id in group.account_ids

    def groups_with(self, subject_id: str, account_id: str) -> frozenset[str]:
        return frozenset(group.id for group in self.groups(subject_id) if account_id in group.account_ids)
