"""What follows heads through recordings."""

from likeness_guard.adapters.mtcnn_heads import mtcnn_heads
from likeness_guard.adapters.packs import model_store
from likeness_guard.ports.watching import HeadFinder
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.settings import Settings


def build_heads(settings: Settings) -> HeadFinder:
    """Over the shipped detector's networks; nothing is loaded yet."""
    return mtcnn_heads(model_store(settings.effective_model_cache), SessionFactory())
