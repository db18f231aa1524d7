"""Any text-to-video or image-to-video pipeline of the `diffusers` library, from a folder on this machine.

None of these pipelines has a safety checker; the gates before and after are what stands for one. Weights are read from
the folder alone: no hub is asked, and code that a folder brings along is not run.
"""

import importlib.util
import inspect
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generator_gateway.backends.orders import Looker, check, whole_or_nothing
from generator_gateway.ports import Progress, RenderOrder
from trust_kernel.errors import Broken, InvalidInput, Unavailable
from trust_kernel.media.refs import MediaKind, MediaLimits

_GRID = 32
"""Pixels: every pipeline's patch size divides it (Wan 16, LTX 32, CogVideoX 16)."""
_STRIDE = 8
"""Frames per latent step plus one fits every pipeline's temporal compression (4 or 8)."""
_RENDERING = 0.95
"""Share of the progress that the denoising steps take; encoding takes the rest."""


class DiffusersBackend:
    """Renders with a diffusers pipeline.

    Args:
        directory: a pipeline saved by `save_pretrained`.
        decoder: reads input references.
        steps: denoising steps.
        fps: frames a second that the model was trained for.
        device: torch device, "cpu" or "cuda".
        dtype: torch dtype by name.
        name: what requests call this backend.
        limits: what an input reference may be.

    Raises:
        Broken: ``backend:diffusers:missing``, the `diffusers` extra is not installed, or there is no such pipeline.
    """

    def __init__(
        self,
        directory: Path,
        decoder: Looker,
        *,
        steps: int = 30,
        fps: int = 16,
        device: str = "cpu",
        dtype: str = "float32",
        name: str = "diffusers",
        limits: MediaLimits | None = None,
    ) -> None:
        if importlib.util.find_spec("diffusers") is None or importlib.util.find_spec("torch") is None:
            raise Broken("install placet[diffusers] to use this backend", code="backend:diffusers:missing")
        if not (directory / "model_index.json").is_file():
            raise Broken("the folder holds no diffusers pipeline", code="backend:diffusers:missing")
        self.name = name
        self._directory, self._decoder, self._limits = directory, decoder, limits or MediaLimits()
        self._steps, self._fps, self._device, self._dtype = steps, fps, device, dtype
        self._pipeline: Any = None
        self._lock = threading.Lock()

    def render(self, order: RenderOrder, target: Path, progress: Progress) -> None:
        """Render one video; one at a time, since a pipeline keeps state while it runs.

        Raises:
            InvalidInput: size or length out of range, or the pipeline needs a picture and there is none.
            Unavailable: the device ran out of memory.
            Broken: the folder does not load as a pipeline.
        """
        check(order)
        with self._lock:
            frames = self._frames(order, progress)
        self._write(order, frames, target)
        progress(1.0)

    def _frames(self, order: RenderOrder, progress: Progress) -> NDArray[np.floating]:
        import torch

        pipeline = self._load()
        accepted = inspect.signature(pipeline.__call__).parameters
        asked = {
            "prompt": order.prompt,
            "width": -(-order.width // _GRID) * _GRID,
            "height": -(-order.height // _GRID) * _GRID,
            "num_frames": -(-(order.seconds * self._fps - 1) // _STRIDE) * _STRIDE + 1,
            "num_inference_steps": self._steps,
            "generator": torch.Generator("cpu").manual_seed(order.seed % 2**63),
            "callback_on_step_end": self._watch(progress),
            "output_type": "np",
            **self._picture(order, accepted),
        }
        try:
            made = pipeline(**{key: value for key, value in asked.items() if key in accepted})
        except torch.OutOfMemoryError as error:
            raise Unavailable("the device has no memory for this video", code="backend:diffusers:memory") from error
        return np.asarray(made.frames[0], np.float32)

    def _watch(self, progress: Progress) -> Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]:
        def told(_pipeline: Any, step: int, _timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
            progress((step + 1) / self._steps * _RENDERING)  # raising here ends the pipeline's loop
            return values

        return told

    def _picture(self, order: RenderOrder, accepted: Mapping[str, inspect.Parameter]) -> dict[str, Any]:
        """The picture to start from: an input reference, else a granted portrait."""
        if "image" not in accepted:
            return {}
        from PIL import Image

        for item in order.inputs:
            if item.kind is not MediaKind.AUDIO:
                return {"image": Image.fromarray(self._decoder.look(item.path, self._limits).frames[0])}
        for cameo in order.cameos:
            if cameo.portrait is not None:
                return {"image": Image.fromarray(cameo.portrait)}
        if accepted["image"].default is inspect.Parameter.empty or accepted["prompt"].default is None:
            raise InvalidInput(
                "this model starts from a picture", code="backend:order:no_picture", field="input_reference"
            )
        return {}

    def _load(self) -> Any:
        if self._pipeline is None:
            import torch
            from diffusers import DiffusionPipeline

            kind: Any = DiffusionPipeline  # untyped
            try:
                pipeline = kind.from_pretrained(
                    self._directory, local_files_only=True, dtype=getattr(torch, self._dtype)
                )
            except (OSError, ValueError) as error:
                raise Broken("the pipeline does not load", code="backend:diffusers:broken") from error
            pipeline.set_progress_bar_config(disable=True)
            self._pipeline = pipeline.to(self._device)
        return self._pipeline

    def _write(self, order: RenderOrder, frames: NDArray[np.floating], target: Path) -> None:
        import cv2

        from generator_gateway.backends.drawing.reel import Reel
        from generator_gateway.backends.drawing.sound import RATE
        from generator_gateway.backends.drawing.surface import to_video

        silence = np.zeros(order.seconds * RATE, np.float32)
        with whole_or_nothing(target) as partial, Reel(partial, order.width, order.height, silence, self._fps) as reel:
            for frame in frames[: order.seconds * self._fps]:
                rgb = np.clip(np.nan_to_num(frame), 0, 1) * np.float32(255)
                reel.show(to_video(cv2.resize(rgb, (order.width, order.height), interpolation=cv2.INTER_AREA)))
