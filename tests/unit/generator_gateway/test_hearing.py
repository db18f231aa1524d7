"""A minor's guardian hears what the minor does, each once."""

from consent_registry.domain.guardians import GuardianLink, GuardianState
from consent_registry.store import SqlConsentStore
from generator_gateway.ports import AppearanceState
from generator_gateway.service.telling import OwnerNotices
from tests.factories.ownership import ADA, BEA, out
from tests.fakes.tracing import There
from tests.unit.generator_gateway.conftest import House
from tests.unit.generator_gateway.test_ownership import VIDEO, shown
from tests.unit.generator_gateway.test_tracing import Tracing
from tests.unit.generator_gateway.test_uses_told import run

MUM = "acct_mum"


def a_minor(house: House, guardian: str = MUM) -> None:
    """Bea is 14, and somebody's ward."""
    house.person("bea")
    now = house.clock.now()
    house.registry.ages.verify(BEA, now.year - 15, by="acct_staff")
    link = GuardianLink("guard_1", guardian, BEA, guardian, GuardianState.VERIFIED, now, now)
    SqlConsentStore(house.database).add_guardian(link)


def told(house: House, account: str) -> list[str]:
    """What an account was told of videos."""
    return [event.type for event in house.notices(account) if not event.type.startswith("consent:")]


def test_a_guardian_hears_of_a_use_of_the_minors_likeness(house: House) -> None:
    a_minor(house)
    run(house, "@bea waves")
    assert told(house, MUM) == told(house, BEA) == ["likeness:use:refused"]


def test_a_guardian_hears_what_an_owner_hears_and_an_adults_mother_hears_nothing(house: House) -> None:
    a_minor(house)
    out(house.cases, house.releases, VIDEO, shown(house, "bea"), shown(house, "cyd"))
    release = house.release(VIDEO)
    OwnerNotices(house.outbox, house.registry).tell("release:video:objected", release, {"video_id": VIDEO}, but=ADA)
    assert told(house, MUM) == told(house, BEA) == ["release:video:objected"]
    assert told(house, ADA) == []


def test_a_guardian_who_is_an_owner_too_hears_it_once(house: House) -> None:
    a_minor(house, guardian=ADA)
    out(house.cases, house.releases, VIDEO, shown(house, "bea"))
    OwnerNotices(house.outbox, house.registry).tell("release:video:objected", house.release(VIDEO), {})
    assert told(house, ADA) == ["release:video:objected"]


def test_a_guardian_hears_that_a_video_of_the_minor_was_taken_back_and_what_was_found(house: House) -> None:
    a_minor(house)
    bea = house.registry.by_handle("bea")
    assert bea is not None
    out(house.cases, house.releases, VIDEO, shown(house, "bea"))
    house.ownership.withdraw(ADA, VIDEO)
    assert told(house, MUM) == told(house, BEA) == ["release:video:withdrawn"]
    out(house.cases, house.releases, "video_2", maker="acct_dan")
    house.finder.shows(bea.id, There("video_2"))
    tracing = Tracing(house)
    tracing.sweep(bea.id)
    tracing.desk.decide(tracing.rows()[0].id, "acct_staff", AppearanceState.WITHDRAWN, "")
    assert told(house, MUM) == told(house, BEA)
    assert told(house, MUM)[1:] == ["likeness:appearance:found", "likeness:appearance:withdrawn"]


def test_a_guardian_is_told_whom_it_is_about_and_the_minor_is_not(house: House) -> None:
    a_minor(house)
    run(house, "@bea waves")
    out(house.cases, house.releases, VIDEO, shown(house, "bea"))
    house.ownership.withdraw(ADA, VIDEO)
    assert [event.payload.get("whom") for event in house.notices(MUM) if "video_id" in event.payload] == ["bea"] * 2
    assert not any("whom" in event.payload for account in (ADA, BEA) for event in house.notices(account))


def test_a_guardian_who_owns_it_too_hears_it_as_an_owner(house: House) -> None:
    a_minor(house, guardian=ADA)
    out(house.cases, house.releases, VIDEO, shown(house, "bea"))
    house.ownership.withdraw(ADA, VIDEO)
    (heard,) = house.notices(ADA, "release:video:withdrawn")
    assert "whom" not in heard.payload
