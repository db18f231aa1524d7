"""What a deployment's rows say about a case, for tests that count."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from generator_gateway.tables import CaseRow, DecisionRow, ReleaseRow, StageRow
from placet.wiring import House
from tests.integration.deployments import Consented
from trust_kernel.audit.tables import LeafRow
from trust_kernel.events import OutboxRow

STAGES = ("Opened", "Admitted", "Draft", "Passed", "Marked", "Signed", "Logged", "Released")
"""What a released case has earned, in order."""

Journal = dict[str, tuple[dict[str, Any], datetime]]


def journal(house: House, case_id: str) -> Journal:
    """Body and time of every stage that is committed."""
    with house.kernel.database.reading() as session:
        rows = session.exec(
            select(StageRow).where(StageRow.case_id == case_id).execution_options(populate_existing=True)
        )
        return {row.stage: (row.body, row.at) for row in rows}


def row(house: House, case_id: str) -> CaseRow:
    """The case's row."""
    with house.kernel.database.reading() as session:
        found = session.get(CaseRow, case_id)
        assert found is not None
        return found


def entries(house: House, case_id: str) -> Counter[str]:
    """Ledger entries about a case, by kind."""
    with house.kernel.database.reading() as session:
        leaves = [json.loads(leaf.leaf) for leaf in session.exec(select(LeafRow))]
    return Counter(leaf["kind"] for leaf in leaves if leaf["body"].get("case") == case_id)


def notices(house: House, case_id: str) -> Counter[tuple[str, str]]:
    """Notices about a case, by type and recipient."""
    with house.kernel.database.reading() as session:
        events = session.exec(select(OutboxRow)).all()
    return Counter((event.type, event.recipient) for event in events if event.payload.get("video_id") == case_id)


def releases(house: House, case_id: str) -> list[str]:
    """The status of every release of a case."""
    with house.kernel.database.reading() as session:
        return list(session.exec(select(ReleaseRow.status).where(ReleaseRow.case_id == case_id)))


def looks(house: House, case_id: str) -> Counter[str]:
    """Decisions on a case, by stage."""
    statement = select(DecisionRow.stage).where(DecisionRow.case_id == case_id).order_by(col(DecisionRow.at))
    with house.kernel.database.reading() as session:
        return Counter(session.exec(statement))


def assert_released_once(house: House, case_id: str, people: Consented) -> None:
    """The case is out, and everything that says so is there once."""
    case = row(house, case_id)
    assert (case.status, case.error_code) == ("completed", None)
    assert (case.lease, case.lease_until) == (None, None)
    assert releases(house, case_id) == ["released"]
    assert tuple(sorted(journal(house, case_id))) == tuple(sorted(STAGES))
    assert looks(house, case_id) == {"request": 1, "output": 1}
    assert entries(house, case_id) == {
        "case:request:opened": 1,
        "release:video:sealed": 1,
        "release:video:released": 1,
    }
    assert notices(house, case_id) == {
        ("likeness:use:drafted", people.bruno): 1,
        ("likeness:use:released", people.bruno): 1,
        ("video:case:completed", people.ada): 1,
    }
    with house.gateway.videos.download(people.ada, case_id) as path:
        assert path.stat().st_size > 0


def assert_all_settled(house: House, people: Consented, *, released: int) -> None:
    """Each release counted one use, nobody holds anything, the record holds."""
    assert house.guards.registry.grant_named(people.grant.id).uses == released
    assert house.shelves.leases.abandoned() == []
    audit = house.kernel.ledger.verify()
    assert audit.ok, audit.problems
