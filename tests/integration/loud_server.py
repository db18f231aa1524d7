"""The `placet` command with every logger at DEBUG: ``python -m tests.integration.loud_server serve …``."""

import faulthandler
import logging
import signal

from placet.cli.main import main

if __name__ == "__main__":
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    logging.basicConfig(level=logging.DEBUG)
    main()
