"""The stages that a case has earned, kept so that a new worker goes on where a dead one stopped."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

from generator_gateway.stages import (
    Admitted,
    Draft,
    Logged,
    Marked,
    Opened,
    Passed,
    Previewed,
    Released,
    Signed,
    Stopped,
)
from generator_gateway.store.case_consents import drop_consents, note_consents
from generator_gateway.store.leases import LeaseBook
from generator_gateway.store.media import note_use
from generator_gateway.tables import StageRow
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.media.refs import MediaRef

Earned = TypeVar("Earned")


_ADAPTERS: Mapping[type, TypeAdapter[Any]] = {
    stage: TypeAdapter(stage)
    for stage in (Opened, Admitted, Draft, Previewed, Passed, Marked, Signed, Logged, Released, Stopped)
}


class CaseJournal:
    """Stages as JSON rows, written only by the worker that holds the case."""

    def __init__(self, database: Database, clock: Clock, leases: LeaseBook) -> None:
        self._database = database
        self._clock = clock
        self._leases = leases

    def earned(self, case_id: str, stage: type[Earned]) -> Earned | None:
        """The stage as it was kept, or None."""
        with self._database.reading() as session:
            row = session.get(StageRow, (case_id, stage.__name__))
            return None if row is None else cast("Earned", _ADAPTERS[stage].validate_python(row.body))

    def earn(self, case_id: str, value: Earned) -> Earned:
        """Keep a stage under the case's lease; raises Conflict where the case was taken over."""
        stage = type(value)
        body = cast("dict[str, object]", _ADAPTERS[stage].dump_python(value, mode="json"))
        with self._database.transaction() as session:
            row = self._leases.guard(session, case_id)
            # What did not answer before has answered: a later outage is another one. Not sooner than here: a case whose
            # every try comes some way into one step, and no further, would never be given up.
            row.outages, row.outage_since = 0, None
            session.add(row)
            at = self._clock.now().astimezone(UTC)
            medium = getattr(value, "media", None)
            digests = (medium.digest,) if isinstance(medium, MediaRef) else ()
            for digest in dict.fromkeys((*digests, *getattr(value, "kept", ()))):
                note_use(session, case_id, digest)
            session.merge(StageRow(case_id=case_id, stage=stage.__name__, body=body, at=at))
            if isinstance(value, Admitted):
                note_consents(session, value)
            elif isinstance(value, Released):
                drop_consents(session, case_id)
        return value

    def forget(self, case_id: str, *stages: type) -> None:
        """Drop stages, so that a case whose appeal was heard is judged again."""
        with self._database.transaction() as session:
            for stage in stages:
                row = session.get(StageRow, (case_id, stage.__name__))
                if row is not None:
                    session.delete(row)
