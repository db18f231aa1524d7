"""Names of the marking pass by their older place."""

from watermark.adapters.marking import SandboxedFileMarks
from watermark.adapters.marking.decoding import yuv_of
from watermark.adapters.marking.encoding import X264
from watermark.adapters.marking.markers import build_marker

__all__ = ["X264", "SandboxedFileMarks", "build_marker", "yuv_of"]
