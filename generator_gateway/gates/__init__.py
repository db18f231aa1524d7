"""One file a gate; `panel` runs them all."""
