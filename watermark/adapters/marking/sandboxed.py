"""Marking and reading files in a child process, behind the `VideoFileMarks` port."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from trust_kernel.media.sandbox import ChildLimits, Sandbox
from watermark.adapters.marking.calls import mark_file, open_logo, read_file
from watermark.adapters.marking.markers import DEFAULT_MARKER
from watermark.adapters.marking.wire import found_of, packed_keys, packed_look
from watermark.adapters.visible import check_look
from watermark.domain.marks import MarkedFile, MarkKeys, MarksFound, Search, Visibility
from watermark.domain.visible_look import VisibleLook

LIMITS = ChildLimits(wall_seconds=300.0, cpu_seconds=600.0, memory_bytes=4_000_000_000, file_bytes=4_000_000_000)


class SandboxedFileMarks:
    """A `VideoFileMarks` that does its work in a child process.

    Args:
        sandbox: starts the child.
        picture_keys: gives the keys of marks in pictures, asked for at each call; the visible mark's path is drawn
            from the current one.
        sound_keys: gives those of marks in sound.
        look: the visible marks.
        marker: a name in `markers.MARKERS`.
        limits: what the child may use.

    Raises:
        InvalidInput: the look cannot be drawn; see `check_look`.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        picture_keys: Callable[[], MarkKeys],
        sound_keys: Callable[[], MarkKeys],
        look: VisibleLook,
        marker: str = DEFAULT_MARKER,
        limits: ChildLimits = LIMITS,
    ) -> None:
        check_look(look)
        self._sandbox = sandbox
        self._picture_keys, self._sound_keys = picture_keys, sound_keys
        self._look = look
        self._marker = marker
        self._limits = limits

    def check_logo(self) -> None:
        """Unpack the logo once, in a child, so that a damaged one is known of before the first video comes.

        Raises:
            InvalidInput: it is damaged.
        """
        if self._look.logo_png is not None:
            self._sandbox.call(open_logo, limits=self._limits, look=packed_look(self._look))

    def write(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkedFile:
        """Mark the video `source` into `target`; see `calls.mark_video`."""
        return self._written(source, target, payload, visibility, still=False)

    def write_still(
        self, source: Path, target: Path, *, payload: int, visibility: Visibility = Visibility.STANDARD
    ) -> MarkedFile:
        """Mark the picture `source` into `target`; see `stills.mark_picture`."""
        return self._written(source, target, payload, visibility, still=True)

    def read(self, path: Path, search: Search) -> MarksFound:
        """Look and listen for marks in a file; see `reading.read_marks`."""
        reply = self._sandbox.call(
            read_file, limits=self._limits, source=str(path.resolve()), search=str(search), **self._secrets()
        )
        return found_of(reply)

    def _written(self, source: Path, target: Path, payload: int, visibility: Visibility, *, still: bool) -> MarkedFile:
        reply = self._sandbox.call(
            mark_file,
            limits=self._limits,
            still=still,
            source=str(source.resolve()),
            target=str(target.resolve()),
            payload=payload,
            look=packed_look(self._look),
            visibility=str(visibility),
            **self._secrets(),
        )
        return MarkedFile(**reply)

    def _secrets(self) -> dict[str, Any]:
        return {
            "picture_keys": packed_keys(self._picture_keys()),
            "sound_keys": packed_keys(self._sound_keys()),
            "marker": self._marker,
        }
