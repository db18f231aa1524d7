"""What every test shares: hypothesis that repeats itself in CI, one thread a process, and an order that fills cores."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Set before anything that computes is imported: several processes test at once, and a process whose threads wait busily
# for work takes the processor from the others.
if os.environ.get("PYTEST_XDIST_WORKER"):
    for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(_threads, "1")

settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

_WHOLE = ("tests/e2e/", "tests/integration/")
"""Where whole deployments are tested."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first, so that no process is left with one of them when the others are done."""
    slow = {item.location[0] for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.location[0] not in slow, not item.nodeid.startswith(_WHOLE)))


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Passwords are hashed as they are but for the cost, which would be most of what many tests take."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trust_kernel.web.passwords.argon2", lambda: hasher)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_databases() -> Iterator[None]:
    """A statement is compiled once a process, as in a server, not once a test."""
    from tests.factories.databases import statements_compiled_once

    with statements_compiled_once():
        yield
