"""What people see: a mark that wanders over the whole picture, and plain words at the start where a law asks for them.

``lettering`` draws text, ``logo`` reads the operator's picture, ``stamp`` joins and blends them, ``path`` says where
the mark is, and ``mark`` draws it on frames.
"""

from watermark.adapters.visible.look import check_look
from watermark.adapters.visible.mark import VisibleMark

__all__ = ["VisibleMark", "check_look"]
