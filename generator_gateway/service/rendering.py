"""Rendering into quarantine: the backend is given granted likenesses and bytes, never names of people or URLs."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from consent_registry.api import ConsentRegistry
from generator_gateway.errors import GatewayReason
from generator_gateway.ports import (
    CameoReference,
    Cases,
    Journal,
    MediaInput,
    RenderOrder,
    VideoBackend,
)
from generator_gateway.service.telling import UseKind, UseNotices
from generator_gateway.stages import Admitted, Draft
from trust_kernel.db import Database
from trust_kernel.errors import Broken, InvalidInput
from trust_kernel.media.blobs import Blobs
from trust_kernel.media.refs import MediaKind, MediaLimits, MediaRef

RENDERED_PERCENT = 70


class Identifies(Protocol):
    """Says what a file is, by its bytes."""

    def identify(self, path: Path, limits: MediaLimits) -> MediaRef:
        """Digest, kind and media type; raises InvalidInput."""
        ...


class DraftRenderer:
    """The pipeline's `backend`.

    Args:
        backends: by the name that requests use.
        blobs: quarantine.
        limits: what a draft may be.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        cases: Cases,
        backends: dict[str, VideoBackend],
        registry: ConsentRegistry,
        blobs: Blobs,
        identifier: Identifies,
        uses: UseNotices,
        limits: MediaLimits,
    ) -> None:
        self._database = database
        self._journal = journal
        self._cases = cases
        self._backends = backends
        self._registry = registry
        self._blobs = blobs
        self._identifier = identifier
        self._uses = uses
        self._limits = limits

    def render(self, admitted: Admitted) -> Draft:
        """Make the draft and tell everybody whose likeness is in it."""
        earned = self._journal.earned(admitted.case_id, Draft)
        if earned is not None:
            if earned.admitted.decision_id == admitted.decision_id:
                return earned
            # What was made was appealed about: it stays, under what the request was admitted by this time.
            return self._journal.earn(admitted.case_id, replace(earned, admitted=admitted))
        backend = self._backend(admitted)
        with tempfile.TemporaryDirectory(prefix="placet-draft-") as folder, ExitStack() as stack:
            target = Path(folder) / "draft.mp4"
            backend.render(self._order(admitted, stack), target, self._progress(admitted.case_id))
            media = self._identifier.identify(target, self._limits)
            # Of a case that was taken over, no file is to be left that no case knows of.
            self._cases.advance(admitted.case_id, RENDERED_PERCENT)
            self._blobs.put_file(target)
        with self._database.transaction():
            grants = {consent.subject_id: consent.grant_id for consent in admitted.consents}
            self._uses.tell(UseKind.DRAFTED, admitted.opened.request, grants)
            return self._journal.earn(admitted.case_id, Draft(admitted, media, backend.name))

    def _backend(self, admitted: Admitted) -> VideoBackend:
        name = admitted.opened.request.model
        try:
            return self._backends[name]
        except KeyError:
            raise InvalidInput("there is no such model", code=GatewayReason.MODEL_UNKNOWN, field="model") from None

    def _order(self, admitted: Admitted, stack: ExitStack) -> RenderOrder:
        request = admitted.opened.request
        return RenderOrder(
            prompt=request.prompt,
            width=request.width,
            height=request.height,
            seconds=request.seconds,
            seed=request.seed,
            cameos=tuple(self._cameos(admitted)),
            inputs=tuple(stack.enter_context(self._input(media)) for media in self._inputs(admitted)),
        )

    def _cameos(self, admitted: Admitted) -> Iterator[CameoReference]:
        granted: dict[str, frozenset[str]] = {}
        for consent in admitted.consents:
            granted[consent.subject_id] = granted.get(consent.subject_id, frozenset()) | consent.modalities
        for subject_id, modalities in granted.items():
            kept = self._registry.references(subject_id)
            yield CameoReference(
                handle=self._registry.subject(subject_id).handle,
                portrait=kept.portrait if "face" in modalities else None,
                voice=kept.voice if "voice" in modalities else None,
            )

    def _inputs(self, admitted: Admitted) -> list[MediaRef]:
        request = admitted.opened.request
        inputs = [reference.media for reference in request.references]
        if request.remix_of is not None:
            parent = self._journal.earned(request.remix_of, Draft)
            if parent is None:
                raise Broken("a remix was admitted whose parent has no draft", code=GatewayReason.REMIX_PARENT_UNKNOWN)
            # The parent as it was before its marks: two generations of marks would fight each other.
            inputs.insert(0, parent.media)
        return inputs

    @contextmanager
    def _input(self, media: MediaRef) -> Iterator[MediaInput]:
        with self._blobs.open_path(media.digest) as path:
            yield MediaInput(MediaKind(media.kind), path)

    def _progress(self, case_id: str) -> "_Progress":
        return _Progress(self._cases, case_id)


class _Progress:
    """Renews the lease as frames come, so that a case that was taken over is not drawn to its end."""

    def __init__(self, cases: Cases, case_id: str) -> None:
        self._cases = cases
        self._case_id = case_id
        self._told = -1

    def __call__(self, share: float) -> None:
        percent = int(share * RENDERED_PERCENT)
        if percent >= self._told + 5:
            self._told = percent
            self._cases.advance(self._case_id, percent)
