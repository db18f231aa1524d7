"""The four guards, each joined to its technologies."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from consent_registry.adapters.lexicon import Lexicon
from consent_registry.api import (
    ApprovalDesk,
    AskedUses,
    ConsentRegistry,
    EnrolmentRules,
    Issuer,
    RequesterCaps,
    StatedAges,
)
from consent_registry.ports import Withdrawals
from consent_registry.ports.leaving import Departures
from consent_registry.service import RegistryParts
from consent_registry.service.challenges import ChallengeDesk
from consent_registry.store import SqlConsentStore
from copyright_optout.api import DescriptionIndex, OptOutIndex
from likeness_guard.adapters.calibrations import load_calibrations
from likeness_guard.adapters.nature import load_drawn_model
from likeness_guard.adapters.packs import CONVERTERS, PACKS
from likeness_guard.adapters.reference_media import JpegAndPcm
from likeness_guard.adapters.stack import Stack, stack_of
from likeness_guard.api import LikenessGuard, Senses, Shelves
from likeness_guard.service.nature import NatureJudge
from likeness_guard.store import DatabaseEntryStore, DatabaseReferences, DatabaseSearches, DatabaseTemplateStore
from likeness_guard.tables import LikenessOutputRow
from placet.roles import ROLES
from placet.wiring.approvals import build_approvals
from placet.wiring.blocking import LooksForPeople
from placet.wiring.credentials import build_credentials
from placet.wiring.descriptions import build_descriptions
from placet.wiring.heads import build_heads
from placet.wiring.indexes import index_maker
from placet.wiring.kernel import Kernel
from placet.wiring.marks import build_disclosure, build_mark_keys, build_marking
from placet.wiring.optouts import build_optouts, name_keeper
from placet.wiring.packs import READER_CONVERTERS, READERS
from placet.wiring.receipts import build_receipt_keys
from placet.wiring.staff import AccountStaff
from placet.wiring.watching import build_challenges
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import SessionFactory
from trust_kernel.settings import Settings
from watermark.api import CredentialService, DisclosureService, MarkingService, MarkKeyBook


@dataclass(frozen=True, slots=True)
class Guards:
    """What looks, asks and marks; `reading` and `examining` are for files that strangers send."""

    likeness: LikenessGuard
    optouts: OptOutIndex
    descriptions: DescriptionIndex
    registry: ConsentRegistry
    challenges: ChallengeDesk
    approvals: ApprovalDesk
    marking: MarkingService
    reading: MarkingService
    mark_keys: MarkKeyBook
    disclosure: DisclosureService
    credentials: CredentialService
    examining: CredentialService


def build_models(settings: Settings) -> ModelStore:
    """The model packs that this deployment knows."""
    return ModelStore(settings.effective_model_cache, (*PACKS, *READERS), {**CONVERTERS, **READER_CONVERTERS})


def build_guards(
    kernel: Kernel,
    withdrawals: Callable[[LikenessGuard], Withdrawals],
    uses: AskedUses,
    departures: Callable[[LikenessGuard, ConsentRegistry], Departures],
) -> Guards:
    """Build the guards.

    Args:
        kernel: what they stand on.
        withdrawals: makes what is called inside each revocation's transaction; the gateway implements it.
        uses: what people are asked about, one use at a time; the gateway's too.
        departures: makes what erases whatever else the house holds of a person who leaves; it asks a registry, which
            erases nobody, about the people who stay.
    """
    likeness = _likeness(kernel)
    mark_keys = build_mark_keys(kernel)
    disclosure = build_disclosure(kernel.settings)
    marking, reading = build_marking(kernel, mark_keys, disclosure)
    credentials, examining = build_credentials(kernel)
    asked = _registry_parts(kernel, likeness, withdrawals(likeness))
    parts = replace(asked, departures=departures(likeness, ConsentRegistry(asked)))
    registry = ConsentRegistry(parts)
    return Guards(
        likeness=likeness,
        optouts=build_optouts(kernel, registry),
        descriptions=build_descriptions(kernel, build_models(kernel.settings)),
        registry=registry,
        challenges=build_challenges(kernel, likeness, registry.enrolments),
        approvals=build_approvals(kernel, parts, uses),
        marking=marking,
        reading=reading,
        mark_keys=mark_keys,
        disclosure=disclosure,
        credentials=credentials,
        examining=examining,
    )


def _likeness(kernel: Kernel) -> LikenessGuard:
    stack = build_stack(kernel.settings)
    database, clock = kernel.database, kernel.clock
    return LikenessGuard(
        senses=Senses(
            stack.detector,
            stack.activity,
            stack.face,
            stack.voice,
            stack.liveness,
            stack.face_of,
            stack.voice_of,
        ),
        shelves=Shelves(
            templates=DatabaseTemplateStore(database, clock),
            outputs=DatabaseTemplateStore(database, clock, LikenessOutputRow),
            entries=DatabaseEntryStore(database, clock),
            references=DatabaseReferences(database, clock),
            searches=DatabaseSearches(database, clock),
        ),
        keyring=kernel.keyring,
        keys=kernel.keys,
        codec=JpegAndPcm(),
        make_index=index_maker(kernel),
        calibrations=load_calibrations(stack.calibrations.values()),
        clock=clock,
        record=kernel.ledger,
        natures=NatureJudge(load_drawn_model()),
        heads=build_heads(kernel.settings),
        after=LooksForPeople(kernel),
        name_keeper=name_keeper(kernel.settings, "blocklist"),
    )


def build_stack(settings: Settings) -> Stack:
    """The networks that the settings name.

    Raises:
        NotPermitted: ``likeness:model:non_commercial``, in production.
    """
    return stack_of(
        build_models(settings),
        SessionFactory(),
        face_pack=settings.face_pack,
        voice_pack=settings.voice_pack,
        detector_pack=settings.detector_pack,
        liveness_pack=settings.liveness_pack,
        production=settings.environment == "production",
    )


def _registry_parts(kernel: Kernel, likeness: LikenessGuard, withdrawals: Withdrawals) -> RegistryParts:
    settings, store = kernel.settings, SqlConsentStore(kernel.database)
    return RegistryParts(
        unit=kernel.database,
        store=store,
        enroller=likeness,
        keyring=kernel.keyring,
        withdrawals=withdrawals,
        record=kernel.ledger,
        notifier=kernel.outbox,
        signer=build_receipt_keys(kernel),
        clock=kernel.clock,
        pseudonym_key=kernel.keys.derive("consent:pseudonyms"),
        issuer=Issuer(kernel.settings.public_url),
        ages=StatedAges(kernel.database, store, kernel.clock),
        staff=AccountStaff(kernel.accounts, ROLES),
        reader=Lexicon.shipped(),
        caps=RequesterCaps(adult=settings.daily_uses, unknown=settings.daily_uses, teen=settings.teen_daily_uses),
        rules=EnrolmentRules(
            kernel.settings.enrolment_age,
            kernel.settings.guardian_enrolment,
            timedelta(days=kernel.settings.enrolment_days),
        ),
    )
