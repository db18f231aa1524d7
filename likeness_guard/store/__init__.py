"""The likeness guard's only queries."""

from likeness_guard.store.entries import DatabaseEntryStore
from likeness_guard.store.references import DatabaseReferences, DatabaseSearches
from likeness_guard.store.templates import DatabaseTemplateStore

__all__ = ["DatabaseEntryStore", "DatabaseReferences", "DatabaseSearches", "DatabaseTemplateStore"]
