"""A worker that stands still where a test wants to kill it.

``python -m tests.integration.stalling_worker SIGNS inside STAGE``: every case stands in the step that earns STAGE, its
transaction open, everything written and nothing committed.

``python -m tests.integration.stalling_worker SIGNS after PLAN``: PLAN is a JSON file of case ids and stages; each case
stands once its stage is committed, all in one process.

A case that stands makes the file ``SIGNS/CASE.STAGE``.
"""

import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

from placet.wiring import House, build_house
from placet.worker import run_worker
from trust_kernel.settings import Settings

Given = TypeVar("Given")
Made = TypeVar("Made")
_AT_ONCE = 2


def sign(signs: Path, case_id: str, stage: str) -> Path:
    """The file that says that a case stands."""
    return signs / f"{case_id}.{stage}"


def _stand(signs: Path, case_id: str, stage: str) -> None:
    sign(signs, case_id, stage).touch()
    threading.Event().wait()


def stand_inside(house: House, signs: Path, stage: str) -> None:
    """Stand with the stage written and not committed."""
    journal, database = house.shelves.journal, house.kernel.database
    earn = journal.earn

    def earn_and_stand(case_id: str, value: Any) -> Any:
        with database.transaction() as session:
            kept = earn(case_id, value)
            session.flush()
            if type(value).__name__ == stage:
                _stand(signs, case_id, stage)
        return kept

    journal.earn = earn_and_stand  # type: ignore[method-assign]


def stand_after(house: House, signs: Path, plan: Mapping[str, str]) -> None:
    """Stand with the stage committed."""
    turns = threading.Semaphore(_AT_ONCE)  # so that eight cases do not draw at once

    def standing(step: Callable[[Given], Made]) -> Callable[[Given], Made]:
        def run(given: Given) -> Made:
            with turns:
                made = step(given)
            stage, case_id = type(made).__name__, str(cast("Any", made).case_id)
            if plan.get(case_id) == stage:
                _stand(signs, case_id, stage)
            return made

        return run

    line = house.gateway.line
    parts: dict[str, dict[str, Any]] = {
        "ledger": {
            "open": standing(line.ledger.open),
            "seal": standing(line.ledger.seal),
            "close": line.ledger.close,
        },
        "request_gates": {"judge": standing(line.request_gates.judge)},
        "backend": {"render": standing(line.backend.render)},
        "output_gates": {"judge": standing(line.output_gates.judge)},
        "marker": {"mark": standing(line.marker.mark)},
        "signer": {"sign": standing(line.signer.sign)},
        "vault": {"release": standing(line.vault.release)},
    }
    changes = {name: cast("Any", SimpleNamespace(**part)) for name, part in parts.items()}
    house.gateway.runner._line = replace(line, **changes)


def main(signs: Path, mode: str, where: str) -> None:
    """Work until killed."""
    house = build_house(Settings(_env_file=None))
    if mode == "inside":
        stand_inside(house, signs, where)
    else:
        stand_after(house, signs, json.loads(Path(where).read_text()))
    run_worker(house)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
