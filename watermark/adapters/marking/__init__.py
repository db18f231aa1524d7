"""Marking and reading whole files with PyAV, inside the sandbox.

``decoding`` gives upright 8-bit pictures, ``encoding`` writes them, ``sound_track`` marks the sound on its way,
``marking_pass`` joins them in one run, ``stills`` does the same for a picture; ``reading`` and ``listening`` look and
listen for marks. ``calls`` are what the sandbox's child runs, and ``sandboxed`` is what the rest of the program holds.
"""

from watermark.adapters.marking.sandboxed import SandboxedFileMarks

__all__ = ["SandboxedFileMarks"]
