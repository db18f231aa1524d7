"""The only queries of this package."""

from copyright_optout.store.claims import DatabaseClaims
from copyright_optout.store.descriptions import DatabaseVectors
from copyright_optout.store.imports import DatabaseImports
from copyright_optout.store.notices import DatabaseNotices
from copyright_optout.store.organisations import DatabaseOrganisations
from copyright_optout.store.references import DatabaseReferences
from copyright_optout.store.rehearsals import DatabaseRehearsals

__all__ = [
    "DatabaseClaims",
    "DatabaseImports",
    "DatabaseNotices",
    "DatabaseOrganisations",
    "DatabaseReferences",
    "DatabaseRehearsals",
    "DatabaseVectors",
]
