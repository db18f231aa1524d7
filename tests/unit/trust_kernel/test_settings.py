"""Settings come from the environment, and refuse what makes no sense."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from trust_kernel.settings import Settings


@pytest.fixture(autouse=True)
def empty_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` file and no setting of whoever runs the tests."""
    import os

    for name in [name for name in os.environ if name.startswith("PLACET_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_everything_has_a_default_that_runs_on_one_machine() -> None:
    settings = Settings()
    assert settings.environment == "development"
    assert settings.effective_database_url == "sqlite:///placet-data/placet.db"
    assert settings.effective_model_cache == Path("placet-data/models")
    assert (settings.broker_url, settings.backend) == ("memory://", "animatic")


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_DATA_DIR", "/srv/placet")
    monkeypatch.setenv("PLACET_MAX_SECONDS", "20")
    monkeypatch.setenv("PLACET_SIZES", '["640x360"]')
    settings = Settings()
    assert settings.effective_database_url == "sqlite:////srv/placet/placet.db"
    assert (settings.max_seconds, settings.sizes) == (20, ("640x360",))


def test_settings_are_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PLACET_BRANDING_NAME=Assent\n")
    assert Settings().branding_name == "Assent"


def test_a_database_and_a_model_cache_may_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACET_DATABASE_URL", "postgresql+psycopg://db/placet")
    monkeypatch.setenv("PLACET_MODEL_CACHE", "/srv/models")
    settings = Settings()
    assert settings.effective_database_url == "postgresql+psycopg://db/placet"
    assert settings.effective_model_cache == Path("/srv/models")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "staging"),
        ("BACKEND", "magic"),
        ("MAX_SECONDS", "0"),
        ("MAX_SECONDS", "121"),
        ("WORKER_THREADS", "0"),
        ("WATERMARK_ADAPTER", "none"),
    ],
)
def test_what_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PLACET_{name}", value)
    with pytest.raises(ValidationError):
        Settings()


def test_settings_do_not_change_while_running() -> None:
    with pytest.raises(ValidationError):
        Settings().max_seconds = 3  # type: ignore[misc] # frozen, which is what is tested
