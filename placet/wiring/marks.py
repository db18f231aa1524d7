"""Marks, their keys, and what is disclosed beside them."""

from placet.wiring.kernel import Kernel
from trust_kernel.errors import InvalidInput
from trust_kernel.media.sandbox import Sandbox
from trust_kernel.settings import Settings
from watermark.adapters.marking import SandboxedFileMarks
from watermark.adapters.media_metadata import KINDS, write_metadata
from watermark.api import CredentialProfile, Deployment, DisclosureService, MarkingService, MarkKeyBook
from watermark.domain.disclosure_profiles import profiles_named
from watermark.domain.visible_look import VisibleLook
from watermark.service.keys import PICTURES, SOUND
from watermark.store import DatabaseKeyNumbers


def build_mark_keys(kernel: Kernel) -> MarkKeyBook:
    """The keys of the invisible marks."""
    numbers = DatabaseKeyNumbers(kernel.database)
    return MarkKeyBook(kernel.database, numbers, kernel.keys.derive, kernel.ledger, kernel.clock)


def build_marking(
    kernel: Kernel, keys: MarkKeyBook, disclosure: DisclosureService
) -> tuple[MarkingService, MarkingService]:
    """The marks in pictures and sound, and those that people see: for what we make, and for strangers' files.

    Raises:
        InvalidInput: the visible mark, its logo or the opening label cannot be drawn.
    """
    settings = kernel.settings
    look = VisibleLook(settings.visible_label, _logo(settings), disclosure.opening)

    def files_in(sandbox: Sandbox) -> SandboxedFileMarks:
        return SandboxedFileMarks(
            sandbox, lambda: keys.keys(PICTURES), lambda: keys.keys(SOUND), look, settings.watermark_adapter
        )

    ours = files_in(kernel.sandbox)
    ours.check_logo()
    return MarkingService(ours), MarkingService(files_in(kernel.strangers))


def build_disclosure(settings: Settings) -> DisclosureService:
    """What the jurisdictions in the settings want said.

    Raises:
        InvalidInput: there is no such jurisdiction, or a fact that one asks for is missing.
    """
    profile = CredentialProfile()
    deployment = Deployment(
        provider=settings.provider_name,
        system=profile.generator,
        version=profile.version,
        detector=f"{settings.public_url}/is-this-ai",
        producer_code=settings.content_producer,
        propagator_code=settings.content_propagator,
        opening_text=settings.opening_text,
    )
    return DisclosureService(profiles_named(settings.jurisdictions), deployment, write_metadata, KINDS)


def _logo(settings: Settings) -> bytes | None:
    if settings.visible_logo is None:
        return None
    try:
        return settings.visible_logo.read_bytes()
    except OSError as error:
        raise InvalidInput("the logo cannot be read", field="visible_logo") from error
