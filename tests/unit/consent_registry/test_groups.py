"""Groups that people name and fill: who is in one when somebody asks is who a grant to it covers."""

import pytest

from consent_registry.api import Audience, AudienceKind, ConsentReason, Group
from tests.unit.consent_registry.conftest import House
from trust_kernel.errors import InvalidInput, NotFound, NotPermitted

BOB = "acct_bob"


def to(*groups: Group) -> Audience:
    return Audience(AudienceKind.GROUPS, group_ids=frozenset(group.id for group in groups))


def test_a_grant_to_a_group_covers_whoever_is_in_it_when_they_ask(house: House) -> None:
    ada = house.person("ada")
    group = house.registry.groups.create(ada.id, " Family ", ada.account_id)
    assert group.name == "Family"
    house.give(ada, to(group))
    assert house.ask(BOB, ada).reason is ConsentReason.GRANT_NONE
    epoch = house.registry.subject(ada.id).consent_epoch
    assert house.registry.groups.add(group.id, BOB, ada.account_id).account_ids == {BOB}
    assert house.registry.subject(ada.id).consent_epoch == epoch + 1
    admitted = house.admit(BOB, ada)
    house.registry.groups.remove(group.id, BOB, ada.account_id)
    assert house.release(BOB, admitted) is ConsentReason.GRANT_NONE


def test_a_deleted_group_covers_nobody(house: House) -> None:
    ada = house.person("ada")
    group = house.registry.groups.create(ada.id, "Friends", ada.account_id)
    house.registry.groups.add(group.id, BOB, ada.account_id)
    house.give(ada, to(group))
    assert house.ask(BOB, ada).permitted
    house.registry.groups.delete(group.id, ada.account_id)
    assert house.ask(BOB, ada).reason is ConsentReason.GRANT_NONE
    with pytest.raises(NotFound):
        house.registry.groups.named(group.id)


def test_a_grant_cannot_be_for_a_group_of_somebody_else(house: House) -> None:
    ada, dee = house.person("ada"), house.person("dee")
    theirs = house.registry.groups.create(dee.id, "Friends", dee.account_id)
    with pytest.raises(InvalidInput):
        house.give(ada, to(theirs))


def test_only_the_person_fills_their_groups_and_not_with_themselves(house: House) -> None:
    ada = house.person("ada")
    group = house.registry.groups.create(ada.id, "Friends", ada.account_id)
    with pytest.raises(NotPermitted):
        house.registry.groups.add(group.id, BOB, "acct_admin")
    with pytest.raises(InvalidInput):
        house.registry.groups.add(group.id, ada.account_id, ada.account_id)
    assert house.registry.groups.rename(group.id, "Pals", ada.account_id).name == "Pals"
    assert [one.name for one in house.registry.groups.of(ada.id)] == ["Pals"]
