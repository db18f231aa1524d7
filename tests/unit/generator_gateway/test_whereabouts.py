"""Where am I: every release with a person's face or voice in it, by right or not, without opening a medium again."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from consent_registry.api import Subject
from generator_gateway.ports import AppearanceState, NewAppearance, ReleaseState
from generator_gateway.routes.whereabouts import build_whereabouts_router
from generator_gateway.service.owning import Appearing
from generator_gateway.service.whereabouts import UseOf, Whereabout
from generator_gateway.store import AppearanceStore
from likeness_guard.api import Band
from tests.factories.cases import NOON, a_decision
from tests.factories.ownership import ADA, BEA, CYD, out
from tests.fakes.tracing import Surely, There
from tests.fakes.web import FakeIdentities, access_of, an_actor
from tests.unit.generator_gateway.conftest import House
from tests.unit.generator_gateway.test_hearing import MUM, a_minor
from tests.unit.generator_gateway.test_lineage import statements
from trust_kernel.decisions import Evidence, Finding, Outcome, Ruling, Stage, Verdict
from trust_kernel.errors import NotFound, Unavailable
from trust_kernel.web.problems import install


def me(house: House) -> Subject:
    return house.registry.by_handle("bea") or house.person("bea", enrolled=False)


def with_me(house: House, case_id: str, *modalities: str, maker: str = ADA) -> None:
    """A release that shows Bea by right."""
    bea = me(house)
    out(
        house.cases,
        house.releases,
        case_id,
        Appearing(bea.id, bea.account_id, frozenset(modalities or ("face",))),
        maker=maker,
    )


def recognised(house: House, case_id: str, seconds: tuple[float, float], modality: str = "face") -> None:
    """What the look at an output said of Bea."""
    finding = Finding(
        "likeness:match",
        Stage.OUTPUT,
        Outcome.CONSENTED,
        "likeness:face:consented",
        Evidence("output", seconds=seconds),
        score=0.9,
        about=me(house).id,
        facts={"gallery": "cameo", "modality": modality, "probability": 990, "false_positives": 120},
    )
    ruling = Ruling(finding, Verdict.ALLOW, "policy", "likeness:face:consented", "")
    house.cases.save_decision(case_id, a_decision(ruling, stage=Stage.OUTPUT, decision_id=f"dec_{case_id}_{seconds}"))


def found_later(house: House, case_id: str, *, band: str = "match", modality: str = "face") -> None:
    AppearanceStore(house.database).note(
        NewAppearance(me(house).id, case_id, modality, band, 0.8, 0.93, 0.002, "enrolled"), NOON
    )


def answer(house: House, after: str | None = None, limit: int = 20) -> list[Whereabout]:
    return house.whereabouts.of(me(house).id, after=after, limit=limit)[0]


def test_a_use_by_right_says_whose_how_sure_and_when(house: House) -> None:
    house.person("ada", enrolled=False)
    with_me(house, "video_1", "face")
    recognised(house, "video_1", (0.5, 2.0))
    house.finder.shows(me(house).id, There("video_1"))
    (one,) = answer(house)
    assert (one.video_id, one.by, one.state, one.released_at) == ("video_1", "ada", ReleaseState.RELEASED, NOON)
    (part,) = one.parts
    assert (part.modality, part.use, part.band) == ("face", UseOf.CONSENTED, "match")
    assert (part.probability, part.fpir, part.seconds) == (0.98, 0.001, ((0.5, 2.0),))
    assert (part.appearance_id, part.state) == (None, None)


def test_without_a_track_the_look_at_the_output_says_how_sure(house: House) -> None:
    with_me(house, "video_1", "face", "voice")
    recognised(house, "video_1", (0.0, 1.0))
    (one,) = answer(house)
    assert [(part.modality, part.band, part.probability, part.fpir) for part in one.parts] == [
        ("face", "match", 0.99, 0.00012),
        ("voice", None, None, None),
    ]


def test_being_found_without_having_agreed_is_told_apart(house: House) -> None:
    house.person("ada", enrolled=False)
    out(house.cases, house.releases, "video_1")
    found_later(house, "video_1")
    (one,) = answer(house)
    (part,) = one.parts
    assert (one.by, part.use, part.band, part.state) == ("ada", UseOf.UNCONSENTED, "match", AppearanceState.OPEN)
    assert part.appearance_id
    assert (part.probability, part.fpir) == (0.93, 0.002)


def test_a_voice_that_was_not_agreed_to_is_unconsented_beside_a_face_that_was(house: House) -> None:
    with_me(house, "video_1", "face")
    house.finder.shows(me(house).id, There("video_1", "voice"))
    (one,) = answer(house)
    assert [(part.modality, part.use) for part in one.parts] == [
        ("face", UseOf.CONSENTED),
        ("voice", UseOf.UNCONSENTED),
    ]


def test_who_made_it_is_not_told_where_it_may_be_somebody_else(house: House) -> None:
    house.person("ada", enrolled=False)
    out(house.cases, house.releases, "video_1")
    house.finder.shows(me(house).id, There("video_1", judgement=Surely(band=Band.UNSURE)))
    (one,) = answer(house)
    assert (one.by, one.parts[0].band) == (None, "unsure")


def test_what_one_made_oneself_is_ones_own(house: House) -> None:
    with_me(house, "video_1", "face", maker=BEA)
    house.finder.shows(me(house).id, There("video_1", "voice"))
    assert {part.use for part in answer(house)[0].parts} == {UseOf.OWN}
    assert answer(house)[0].by == "bea"


def test_what_was_taken_back_is_listed_as_such(house: House) -> None:
    with_me(house, "video_1")
    out(house.cases, house.releases, "video_2")
    found_later(house, "video_2")
    for case_id in ("video_1", "video_2"):
        house.releases.mark_withdrawn(case_id, "x:y:z", NOON + timedelta(hours=1))
    later, by_right = answer(house)
    assert (by_right.state, by_right.withdrawn_at) == (ReleaseState.WITHDRAWN, NOON + timedelta(hours=1))
    assert later.parts[0].state is AppearanceState.WITHDRAWN


def test_what_was_found_but_never_went_out_is_not_told(house: House) -> None:
    house.submit()
    house.finder.shows(me(house).id, There("video_draft"))
    assert answer(house) == []


def test_the_list_comes_in_pages_newest_first_and_each_video_once(any_house: House) -> None:
    house = any_house
    for number in range(5):
        case_id = f"video_{number}"
        with_me(house, case_id) if number % 2 else out(house.cases, house.releases, case_id)
        house.finder.shows(me(house).id, There(case_id), There(case_id, "voice"))
    out(house.cases, house.releases, "video_without_me")
    desk, subject = house.whereabouts, me(house).id
    first, more = desk.of(subject, after=None, limit=2)
    second, again = desk.of(subject, after=first[-1].video_id, limit=2)
    last, end = desk.of(subject, after=second[-1].video_id, limit=2)
    assert [one.video_id for page in (first, second, last) for one in page] == [f"video_{n}" for n in (4, 3, 2, 1, 0)]
    assert (more, again, end) == (True, True, False)


def test_no_medium_is_opened_and_the_kept_tracks_are_searched_once(house: House) -> None:
    for number in range(3):
        with_me(house, f"video_{number}")
    before = house.decoder.looked
    answer(house)
    assert house.decoder.looked == before
    assert house.finder.looked == [me(house).id]


def test_a_page_of_many_asks_the_database_no_more_often_than_a_page_of_few(house: House) -> None:
    asked = []
    for count in (2, 9):
        for number in range(count):
            case_id = f"video_{count}_{number}"
            with_me(house, case_id)
        with statements(house) as made:
            assert len(answer(house)) >= count
        asked.append(len(made))
    assert asked[0] == asked[1]
    with statements(house) as made:
        assert len(house.releases.showing(me(house).id)) == 11
    assert len(made) < 11, "owners and grants are read together"


def test_somebody_who_is_not_enrolled_is_told_what_is_on_record(house: House) -> None:
    with_me(house, "video_1")
    house.finder.failing[me(house).id] = NotFound("shredded", code="kernel:key:shredded")
    assert [one.video_id for one in answer(house)] == ["video_1"]


def test_an_index_that_does_not_answer_is_no_empty_list(house: House) -> None:
    with_me(house, "video_1")
    house.finder.failing[me(house).id] = Unavailable("stale", code="index:search:unavailable")
    with pytest.raises(Unavailable):
        answer(house)


def test_only_the_person_and_a_minors_guardian_may_ask(house: House) -> None:
    a_minor(house)
    with_me(house, "video_1")
    recognised(house, "video_1", (0.0, 1.0))
    identities = FakeIdentities()
    app = FastAPI()
    app.include_router(build_whereabouts_router(house.whereabouts, house.registry, access_of(identities)))
    install(app)
    bea = identities.add(an_actor("likeness:manage", account_id=BEA))
    mum = identities.add(an_actor("likeness:manage", account_id=MUM))
    cyd = identities.add(an_actor("likeness:manage", "likeness:administer", account_id=CYD))
    with TestClient(app, raise_server_exceptions=False) as client:
        path = f"/v1/subjects/{me(house).id}/whereabouts"
        page = client.get(path, headers=bea).json()
        assert client.get(path, headers=mum).json() == page
        theirs, nobodys = client.get(path, headers=cyd), client.get("/v1/subjects/subj_0/whereabouts", headers=cyd)
    assert [(one["video_id"], one["parts"][0]["seconds"]) for one in page["data"]] == [("video_1", [[0.0, 1.0]])]
    assert page["has_more"] is False
    assert (theirs.status_code, theirs.json()["detail"]) == (404, nobodys.json()["detail"])
