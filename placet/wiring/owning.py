"""What owners, and the people in videos, do with them: ownership, share links, lineage, whereabouts."""

from collections.abc import Callable
from dataclasses import dataclass

from consent_registry.api import ConsentRegistry
from generator_gateway.ports import Recall
from generator_gateway.service.finishing import pseudonym_with
from generator_gateway.service.lineage import LineageDesk
from generator_gateway.service.ownership import OwnershipDesk, OwnershipParts
from generator_gateway.service.sharing import SharingDesk
from generator_gateway.service.telling import UseNotices
from generator_gateway.service.videos import VideoDesk
from generator_gateway.service.whereabouts import WhereaboutsDesk
from generator_gateway.store import CaseStore, ReleaseStore
from generator_gateway.store.ownership import ObjectionStore, ToldUseStore
from generator_gateway.store.sharing import ShareLinkStore
from generator_gateway.store.whereabouts import WhereaboutsStore
from placet.wiring.guards import Guards
from placet.wiring.kernel import Kernel
from trust_kernel.web.rate import RateLimit, TokenBuckets


@dataclass(frozen=True, slots=True)
class Owning:
    """The desks of owners; `link_limit` is how often one address may come by share links."""

    ownership: OwnershipDesk
    sharing: SharingDesk
    lineage: LineageDesk
    whereabouts: WhereaboutsDesk
    link_limit: RateLimit


def build_pseudonyms(kernel: Kernel) -> Callable[[str], str]:
    """What credentials, and the ledger's lists of owners, call people."""
    return pseudonym_with(kernel.keys.derive("credential:pseudonyms"))


def build_use_notices(kernel: Kernel, registry: ConsentRegistry, cases: CaseStore) -> UseNotices:
    """Tells people what becomes of requests with their likeness."""
    return UseNotices(registry, cases, ToldUseStore(kernel.database), kernel.outbox)


def build_owning(
    kernel: Kernel, guards: Guards, cases: CaseStore, releases: ReleaseStore, recall: Recall, videos: VideoDesk
) -> Owning:
    """Join the desks."""
    database, clock, registry = kernel.database, kernel.clock, guards.registry
    parts = OwnershipParts(
        database=database,
        clock=clock,
        releases=releases,
        objections=ObjectionStore(database),
        see=videos.see,
        recall=recall,
        registry=registry,
        record=kernel.ledger,
        notices=kernel.outbox,
        pseudonym=build_pseudonyms(kernel),
    )
    links = ShareLinkStore(database)
    buckets = TokenBuckets(kernel.settings.links_per_minute)
    return Owning(
        ownership=OwnershipDesk(parts),
        sharing=SharingDesk(
            database, clock, releases, links, videos.see, cases.get, kernel.blobs, kernel.outbox, registry
        ),
        lineage=LineageDesk(releases, registry, videos.see),
        whereabouts=WhereaboutsDesk(registry, guards.likeness, WhereaboutsStore(database, releases)),
        link_limit=RateLimit(buckets, kernel.settings.proxy_networks),
    )
