"""Measuring a model pack on an operator's own people."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from likeness_guard.adapters.known_people_files import recordings_in
from likeness_guard.adapters.packs import FACE_RESNET, VOICE_GE2E
from likeness_guard.adapters.stack import stack_of
from likeness_guard.domain import Modality
from likeness_guard.domain.calibration import calibration_of
from likeness_guard.domain.rates import Targets
from likeness_guard.service.calibration_document import Wanted, face_document, voice_document
from trust_kernel.errors import InvalidInput
from trust_kernel.inference.models import ModelStore
from trust_kernel.inference.sessions import SessionFactory

_MODALITIES = {"face-embedder": Modality.FACE, "voice-embedder": Modality.VOICE}


@dataclass(frozen=True, slots=True)
class Measured:
    """A calibration document and what it says in words."""

    document: dict[str, Any]
    summary: tuple[str, ...]


def measure_pack(store: ModelStore, pack: str, data: Path, targets: Targets, note: str) -> Measured:
    """Measure a face or voice embedder on the people in `data`.

    Raises:
        NotFound: ``model:pack:unknown``.
        InvalidInput: the pack embeds neither faces nor voices, or the data does not do.
        Unavailable: ``model:pack:not_installed``.
    """
    modality = _MODALITIES.get(store.kind_of(pack))
    if modality is None:
        raise InvalidInput(f"{pack} makes no vectors of faces or voices: there is nothing to calibrate", field="pack")
    recordings = recordings_in(data, modality)
    if modality is Modality.FACE:
        stack = stack_of(store, SessionFactory(), face_pack=pack, voice_pack=VOICE_GE2E)
        document = face_document(recordings, stack.detector, stack.face, Wanted(stack.face.version, targets, note))
    else:
        stack = stack_of(store, SessionFactory(), face_pack=FACE_RESNET, voice_pack=pack)
        document = voice_document(recordings, stack.activity, stack.voice, Wanted(stack.voice.version, targets, note))
    return Measured(document, calibration_of(document, "").summary())


def chosen_targets(fpir: float, unsure_fpir: float, fmr: float, unsure_fmr: float) -> Targets:
    """Targets that make sense; raises InvalidInput where one does not lie in (0, 1) or unsure is rarer than match."""
    if not (0 < fpir <= unsure_fpir < 1 and 0 < fmr <= unsure_fmr < 1):
        raise InvalidInput("rates lie between 0 and 1, and that of unsure is not below that of a match", field="fpir")
    return Targets(fpir, unsure_fpir, fmr, unsure_fmr)
