"""`python -m tests.factories.acting PORTRAIT FOLDER ...`: play a challenge into files for a browser's fake devices.

A process of its own, so that end-to-end tests can have a recording made without importing the product.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from tests.factories.challenges import portrait_of
from tests.factories.recordings import FPS, Script, camera_files, perform


def main(arguments: list[str]) -> None:
    """Write camera.y4m and microphone.wav; print the seconds until everything asked for was shown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("portrait", type=Path, help="a picture of one face")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--digits", type=int, nargs="+", required=True)
    parser.add_argument("--turns", nargs="+", required=True)
    parser.add_argument("--pace", type=float, default=1.0)
    parser.add_argument("--before", type=float, default=0.8)
    parser.add_argument("--rest", type=float, default=0.3)
    asked = parser.parse_args(arguments)
    with Image.open(asked.portrait) as opened:
        portrait = portrait_of(np.asarray(opened.convert("RGB")))
    script = Script(asked.digits, asked.turns, pace=asked.pace, before=asked.before, rest=asked.rest)
    played = perform(portrait, script)
    camera_files(played, asked.folder)
    sys.stdout.write(f"{len(played.frames) / FPS - asked.rest:.2f}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
