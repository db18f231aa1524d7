"""A minor's guardian hears what the minor does, each once."""

from consent_registry.domain.guardians import GuardianLink, GuardianState
from consent_registry.store import SqlConsentStore
from generator_gateway.service.telling import OwnerNotices
from tests.factories.ownership import ADA, BEA, out
from tests.unit.generator_gateway.conftest import House
from tests.unit.generator_gateway.test_ownership import VIDEO, shown
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
