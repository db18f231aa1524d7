"""Imports every table, so that the metadata is whole: for migrations and for tests that make a database at once."""

from sqlalchemy import MetaData
from sqlmodel import SQLModel

import consent_registry.tables
import copyright_optout.tables
import generator_gateway.tables
import likeness_guard.tables
import trust_kernel.audit.tables
import trust_kernel.delivery.tables
import trust_kernel.envelope
import trust_kernel.events
import trust_kernel.media.leaving
import trust_kernel.web.tables
import watermark.tables

_WITH_TABLES = (
    consent_registry.tables,
    copyright_optout.tables,
    generator_gateway.tables,
    likeness_guard.tables,
    trust_kernel.audit.tables,
    trust_kernel.delivery.tables,
    trust_kernel.envelope,
    trust_kernel.events,
    trust_kernel.media.leaving,
    trust_kernel.web.tables,
    watermark.tables,
)


def metadata() -> MetaData:
    """Every table of every package."""
    return SQLModel.metadata
