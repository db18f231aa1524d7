"""A verifier without a server: with a data directory it knows that deployment's releases, without one only files."""

import tempfile
from pathlib import Path

from generator_gateway.api import VerificationDesk
from placet.wiring import build_house
from trust_kernel.settings import Settings


def build_verifier(settings: Settings) -> VerificationDesk:
    """The desk of the deployment in the data directory; of an empty one where there is none yet."""
    from placet.migrate import migrate

    exists = settings.database_url or (settings.data_dir / "placet.db").exists()
    if not exists:
        # An empty deployment that is gone with the machine's temporary files: nothing is made in the user's folder.
        settings = settings.model_copy(update={"data_dir": Path(tempfile.mkdtemp(prefix="placet-empty-"))})
    house = build_house(settings)
    migrate(house.kernel)
    return house.gateway.verification
