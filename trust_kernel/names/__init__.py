"""Names in prompts: found whatever their case, spacing, alphabet, spelling or disguise."""

from trust_kernel.names.matcher import NameHit, NameMatcher

__all__ = ["NameHit", "NameMatcher"]
