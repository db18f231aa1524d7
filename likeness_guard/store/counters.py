"""Numbers that grow in order of commit."""

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from likeness_guard.tables import LikenessCounterRow
from trust_kernel.errors import Broken


def next_number(session: Session, name: str) -> int:
    """The next number of a counter; its row stays locked until commit."""
    row = session.get(LikenessCounterRow, name, with_for_update=True, populate_existing=True)
    if row is None:
        try:
            with session.begin_nested():
                session.add(LikenessCounterRow(name=name, value=0))
        except IntegrityError:  # somebody else made it in this moment
            session.expire_all()
        row = session.get(LikenessCounterRow, name, with_for_update=True, populate_existing=True)
    if row is None:
        raise Broken("a counter row vanished", code="likeness:store:broken")
    row.value += 1
    session.add(row)
    session.flush()
    return row.value
