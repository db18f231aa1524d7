"""Claims by what they describe."""

from copyright_optout.adapters.minilm import minilm
from copyright_optout.api import DescriptionIndex
from copyright_optout.ports.descriptions import NothingEmbedded, SentenceEmbedder
from copyright_optout.store import DatabaseClaims, DatabaseVectors
from placet.wiring.kernel import Kernel
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import SessionFactory


def build_descriptions(kernel: Kernel, models: ModelStore) -> DescriptionIndex:
    """The index of descriptions; empty for good where the settings turn it off. Nothing is loaded yet."""
    on = kernel.settings.match_descriptions
    embedder: SentenceEmbedder = minilm(models, SessionFactory()) if on else NothingEmbedded()
    kept = DatabaseVectors(kernel.database)
    return DescriptionIndex(DatabaseClaims(kernel.database), embedder, kernel.clock, kept)
