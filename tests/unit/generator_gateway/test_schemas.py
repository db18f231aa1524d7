"""The video object of the videos API: every key, null where there is nothing."""

from datetime import UTC, datetime

import pytest

from generator_gateway.ports import CaseSummary, ReleaseRecord
from generator_gateway.schemas import VideoPage, decision_out, video_out
from tests.factories.cases import NOON, a_decision, a_request, a_ruling
from trust_kernel.decisions import Verdict

KEYS = {
    "id",
    "object",
    "model",
    "status",
    "progress",
    "created_at",
    "completed_at",
    "expires_at",
    "prompt",
    "size",
    "seconds",
    "remixed_from_video_id",
    "error",
    "placet",
}


def case(status: str = "queued", **fields: object) -> CaseSummary:
    values: dict[str, object] = {
        "id": "video_1",
        "account_id": "acct_ada",
        "status": status,
        "request": a_request(),
        "progress": 0,
        "created_at": NOON,
        "completed_at": None,
        "error_code": None,
        "error_message": None,
        "reasons": (),
        "deleted_at": None,
        **fields,
    }
    return CaseSummary(**values)  # type: ignore[arg-type] # by field


def release(status: str) -> ReleaseRecord:
    return ReleaseRecord("video_1", 1 << 62, "d" * 64, "urn:c2pa:1", (), status, NOON, 3, ())


def test_a_new_video_has_every_key_and_null_where_there_is_nothing() -> None:
    body = video_out(case(), None).model_dump(mode="json")
    assert body == {
        "id": "video_1",
        "object": "video",
        "model": "fake",
        "status": "queued",
        "progress": 0,
        "created_at": int(NOON.timestamp()),
        "completed_at": None,
        "expires_at": None,
        "prompt": "a quiet harbour",
        "size": "640x360",
        "seconds": "2",
        "remixed_from_video_id": None,
        "error": None,
        "placet": {"state": "queued", "reasons": [], "message": None},
    }


@pytest.mark.parametrize("status", ["queued", "in_progress", "held", "completed", "failed"])
@pytest.mark.parametrize("out", [None, "released", "withdrawn"])
def test_every_state_has_every_key(status: str, out: str | None) -> None:
    body = video_out(case(status), release(out) if out else None).model_dump(mode="json")
    assert set(body) == KEYS
    assert body["status"] in {"queued", "in_progress", "completed", "failed"}


def test_a_held_video_is_queued_to_the_client_and_held_to_ours() -> None:
    body = video_out(case("held", reasons=("likeness:face:unsure",), error_message="A person looks."), None)
    assert (body.status, body.error) == ("queued", None)
    assert (body.placet.state, body.placet.reasons, body.placet.message) == (
        "held",
        ["likeness:face:unsure"],
        "A person looks.",
    )


def test_a_failed_video_says_why() -> None:
    failed = case("failed", error_code="likeness:face:no_consent", error_message="No.", reasons=("a:b:c", "d:e:f"))
    body = video_out(failed, None)
    assert body.error is not None
    assert (body.status, body.error.code, body.error.message) == ("failed", "likeness:face:no_consent", "No.")
    assert body.placet.reasons == ["a:b:c", "d:e:f"]


def test_a_failure_without_a_cause_is_ours() -> None:
    error = video_out(case("failed"), None).error
    assert error is not None
    assert (error.code, error.message) == ("case:machine:broken", "")


def test_a_completed_video_says_when() -> None:
    done = datetime(2026, 3, 1, 12, 0, 9, 900_000, tzinfo=UTC)
    body = video_out(case("completed", completed_at=done, progress=100), release("released"))
    assert (body.status, body.completed_at, body.progress) == ("completed", int(NOON.timestamp()) + 9, 100)
    assert body.placet.state == "completed"


def test_a_withdrawn_video_has_failed_and_says_so() -> None:
    body = video_out(case("completed", completed_at=NOON, progress=100), release("withdrawn"))
    assert body.error is not None
    assert (body.status, body.error.code, body.placet.state) == ("failed", "release:video:withdrawn", "withdrawn")


def test_a_remix_names_its_parent() -> None:
    assert video_out(case(request=a_request(remix_of="video_0")), None).remixed_from_video_id == "video_0"


def test_an_empty_page_has_null_ends() -> None:
    page = VideoPage(data=[], first_id=None, last_id=None, has_more=False)
    assert page.model_dump() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


def test_a_decision_is_shown_with_every_finding_and_its_ruling() -> None:
    decision = a_decision(a_ruling(Verdict.ALLOW), a_ruling(Verdict.HOLD, "likeness:face:unsure", "Look."))
    body = decision_out(decision).model_dump()
    assert (body["id"], body["stage"], body["verdict"], body["policy_version"]) == (
        "dec_1",
        "request",
        "hold",
        "policy-1",
    )
    assert body["made_with"] == {"model": "1"}
    assert [(finding["verdict"], finding["reason"], finding["message"]) for finding in body["findings"]] == [
        ("allow", "gate:panel:clear", ""),
        ("hold", "likeness:face:unsure", "Look."),
    ]
    assert body["findings"][1] == {
        "gate": "test:gate",
        "stage": "request",
        "outcome": "clear",
        "verdict": "hold",
        "policy": "test-policy",
        "reason": "likeness:face:unsure",
        "message": "Look.",
        "score": None,
        "threshold": None,
        "about": None,
        "source": "prompt",
        "span": None,
        "seconds": None,
        "box": None,
        "note": "",
    }
