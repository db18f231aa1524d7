"""Where templates are searched, as the settings say."""

from functools import cache

from sqlalchemy import create_engine

from likeness_guard.ports import IndexMaker, IndexName, TemplateIndex
from placet.wiring.kernel import Kernel
from trust_kernel.errors import Broken


def index_maker(kernel: Kernel) -> IndexMaker:
    """Makes an index in this process, or opens one that all processes share.

    Raises:
        Broken: ``kernel:settings:inconsistent``, the settings name an index without what it needs.
        Unavailable: ``model:extra:missing``.
    """
    kind = kernel.settings.vector_index
    if kind == "pgvector":
        return _pgvector(kernel)
    if kind == "milvus":
        return _milvus(kernel)
    from likeness_guard.adapters.faiss_index import FaissIndex

    return FaissIndex


def _pgvector(kernel: Kernel) -> IndexMaker:
    url = kernel.settings.vector_url or kernel.database.url
    if not url.startswith("postgresql"):
        raise Broken("PLACET_VECTOR_INDEX=pgvector needs PostgreSQL", code="kernel:settings:inconsistent")
    from likeness_guard.adapters.pgvector_index import PgvectorIndex

    # Its own connections: a search inside an open transaction must not wait for the pool that the transaction is from.
    engine = create_engine(url, pool_pre_ping=True, pool_size=4, max_overflow=12, hide_parameters=True)

    def make(name: IndexName, dimensions: int) -> TemplateIndex:
        return PgvectorIndex(engine, name, dimensions)

    return make


def _milvus(kernel: Kernel) -> IndexMaker:
    settings = kernel.settings
    if not settings.milvus_uri:
        raise Broken("PLACET_VECTOR_INDEX=milvus needs PLACET_MILVUS_URI", code="kernel:settings:inconsistent")
    from likeness_guard.adapters.milvus_index import MilvusIndex, milvus_client

    connect = cache(milvus_client(settings.milvus_uri, settings.milvus_token.get_secret_value()))  # one for all

    def make(name: IndexName, dimensions: int) -> TemplateIndex:
        return MilvusIndex(connect, name, dimensions)

    return make
