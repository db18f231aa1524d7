"""What damaged pictures make Pillow raise."""

import struct
import zlib

PILLOW_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What its readers raise on bytes that are not what they claim."""
