"""Another process on the same deployment: ``python -m tests.integration.second_process block NAME|enrol SUBJECT``.

``lock SIGN`` takes the database's write lock, makes the file SIGN and keeps the lock until killed.
"""

import sys
import threading
from pathlib import Path

from likeness_guard.api import NewEntry
from placet.wiring import build_house
from tests.integration.deployments import bruno, bruno_speech
from trust_kernel.settings import Settings


def main(what: str, argument: str) -> None:
    """Do one thing and end."""
    house = build_house(Settings(_env_file=None))
    if what == "block":
        house.guards.likeness.add_entry(NewEntry(name=argument, faces=bruno().looks[:3]))
    elif what == "enrol":
        house.guards.registry.enrol_attested(
            argument,
            attested_by="acct_elsewhere",
            pictures=bruno().looks[:3],
            recordings=[bruno_speech()],
            keep_reference=False,
        )
    else:
        with house.kernel.database.transaction() as session:
            session.connection()
            Path(argument).touch()
            threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
