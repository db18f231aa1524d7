"""The whole story on PostgreSQL, with the worker inside the server's process."""

import json

import httpx
import pytest

from tests.integration.deployments import Place
from tests.integration.story import ask, end, serving, tell, verify

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


def test_a_consent_given_and_taken_back_on_postgresql(postgres_place: Place) -> None:
    with serving(postgres_place) as server:
        told = tell(server, postgres_place.folder)
        ada, bruno = told.ada.http, told.bruno.http

        found = verify(server, told.released)
        assert found["credential"]["state"] in {"trusted", "valid_untrusted"}
        assert found["watermark"]["state"] == "found"
        assert found["release"] | {"released_at": "", "ledger_index": 0} == {
            "video_id": told.video,
            "found_by": "credential",
            "consent": "active",
            "released_at": "",
            "withdrawn_at": None,
            "people": 1,
            "ledger_index": 0,
            "ledger_proved": True,
        }
        assert [video["id"] for video in bruno.get("/v1/videos").json()["data"]] == [told.video]

        body = {"prompt": "the same at night"}
        remix = str(ada.post(f"/v1/videos/{told.video}/remix", json=body).raise_for_status().json()["id"])
        assert end(told.ada, remix) == ("completed", None)

        revoked = bruno.post(f"/v1/grants/{told.grant}/revoke").raise_for_status().json()
        assert set(revoked["withdrawn"]) == {told.video, remix}
        for video in (told.video, remix):
            gone = ada.get(f"/v1/videos/{video}/content")
            assert (gone.status_code, gone.json()["code"]) == (httpx.codes.GONE, "release:video:withdrawn")
            assert end(told.ada, video)[0] == "withdrawn"
        assert end(told.ada, ask(told.ada)) == ("failed", "consent:grant:revoked")
        assert verify(server, told.released)["release"]["consent"] == "withdrawn"

        kinds = [json.loads(entry["leaf"])["kind"] for entry in ada.get("/ledger/entries").json()["entries"]]
        assert kinds.count("release:video:released") == kinds.count("release:video:withdrawn") == 2
    with postgres_place.house() as house:
        assert house.kernel.database.engine.dialect.name == "postgresql"
        assert house.kernel.ledger.verify().ok
        assert not (postgres_place.data / "placet.db").exists()
