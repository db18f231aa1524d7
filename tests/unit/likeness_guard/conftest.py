"""A guard over fakes and a real database; a guard over the real networks; real pictures."""

import io
from collections.abc import Callable, Iterator
from importlib.metadata import files
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from likeness_guard.adapters.calibrations import load_calibrations
from likeness_guard.adapters.stack import EmbeddedModels, embedded_models
from likeness_guard.api import LikenessGuard, Senses
from tests.factories.databases import sqlite
from tests.fakes.likeness import fake_guard, shared_models
from trust_kernel.db import Database
from trust_kernel.inference.sessions import SessionFactory

GuardMaker = Callable[[], LikenessGuard]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with sqlite(tmp_path) as database:
        yield database


@pytest.fixture
def make_guard(database: Database, tmp_path: Path) -> GuardMaker:
    """Each call is another process's guard: its own index, the same database and keys."""
    return lambda: fake_guard(database, tmp_path / "root.key")


@pytest.fixture
def guard(make_guard: GuardMaker) -> LikenessGuard:
    return make_guard()


@pytest.fixture(scope="session")
def models() -> EmbeddedModels:
    return embedded_models(shared_models(), SessionFactory())


@pytest.fixture
def real_guard(models: EmbeddedModels, database: Database, tmp_path: Path) -> LikenessGuard:
    senses = Senses(models.detector, models.activity, models.face_embedder, models.voice_embedder)
    return fake_guard(database, tmp_path / "root.key", senses, load_calibrations())


def packaged(distribution: str, name: str) -> NDArray[np.uint8]:
    """A picture that lies inside an installed package."""
    for file in files(distribution) or ():
        if str(file).endswith(name):
            return np.asarray(Image.open(io.BytesIO(file.read_binary())).convert("RGB"), np.uint8)
    pytest.skip(f"{distribution} is not installed with {name}")


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    return packaged("scikit-image", "data/astronaut.png")


@pytest.fixture(scope="session")
def crowd() -> NDArray[np.uint8]:
    """Six people."""
    return packaged("insightface", "images/t1.jpg")


@pytest.fixture(scope="session")
def actor() -> NDArray[np.uint8]:
    return packaged("insightface", "images/Tom_Hanks_54745.png")
