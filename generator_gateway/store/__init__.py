"""The only queries of the gateway."""

from generator_gateway.store.appearances import AppearanceStore
from generator_gateway.store.case_consents import CaseConsentBook
from generator_gateway.store.cases import CaseStore
from generator_gateway.store.journal import CaseJournal
from generator_gateway.store.leases import LeaseBook
from generator_gateway.store.media import MediaUses
from generator_gateway.store.releases import ReleaseStore

__all__ = ["AppearanceStore", "CaseConsentBook", "CaseJournal", "CaseStore", "LeaseBook", "MediaUses", "ReleaseStore"]
