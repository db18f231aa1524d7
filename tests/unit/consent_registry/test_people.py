"""Who the subjects are."""

import pytest

from tests.unit.consent_registry.conftest import House
from trust_kernel.errors import Conflict, InvalidInput, NotFound


def test_a_subject_is_found_by_account_handle_and_id(house: House) -> None:
    ada = house.registry.register_subject("acct_ada", "ada", " Ada L. ")
    assert ada.display_name == "Ada L."
    assert ada.id.startswith("subj_")
    assert house.registry.subject(ada.id) == ada
    assert house.registry.subject_of("acct_ada") == ada
    assert house.registry.by_handle("Ada") == ada
    assert house.registry.subject_of("acct_bob") is None
    assert house.registry.by_handle("bob") is None
    with pytest.raises(NotFound):
        house.registry.subject("subj_none")


def test_subjects_named_come_in_order_of_handle(house: House) -> None:
    bob, ada = house.person("bob"), house.person("ada")
    assert house.registry.subjects_named(["bob", "ada", "zoe"]) == (ada, bob)
    assert house.registry.subjects_named([]) == ()


def test_a_handle_belongs_to_one_account_and_an_account_has_one_subject(house: House) -> None:
    house.person("ada", enrolled=False)
    with pytest.raises(Conflict) as taken:
        house.registry.register_subject("acct_bob", "ada", "Bob")
    assert taken.value.code == "consent:handle:taken"
    with pytest.raises(Conflict) as second:
        house.registry.register_subject("acct_ada", "ada2", "Ada")
    assert second.value.code == "consent:subject:exists"


@pytest.mark.parametrize(
    ("handle", "name", "year", "field"),
    [
        ("A", "Ada", None, "handle"),
        ("ada", "", None, "display_name"),
        ("ada", "Ada", 1899, "birth_year"),
        ("ada", "Ada", 2027, "birth_year"),
    ],
)
def test_a_malformed_field_is_named(house: House, handle: str, name: str, year: int | None, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        house.registry.register_subject("acct_ada", handle, name, birth_year=year)
    assert caught.value.field == field
    assert house.registry.subject_of("acct_ada") is None


@pytest.mark.parametrize(("year", "minor"), [(2007, False), (2008, True), (2009, True), (None, False)])
def test_whoever_may_still_be_under_eighteen_this_year_is_a_minor(house: House, year: int | None, minor: bool) -> None:
    assert house.person("ada", birth_year=year).minor is minor


def test_minors_grow_up(house: House) -> None:
    kid = house.person("kid", birth_year=2008)
    house.clock.advance(days=366)
    assert not house.registry.subject(kid.id).minor


def test_handles_in_a_prompt_are_resolved(house: House) -> None:
    ada = house.person("ada")
    prompt = "@Ada waves at @zoe; mail bob@example.org"
    found = house.registry.handles_in(prompt)
    assert [(mention.handle, prompt[slice(*mention.span)], mention.subject_id) for mention in found] == [
        ("ada", "@Ada", ada.id),
        ("zoe", "@zoe", None),
    ]
    assert house.registry.handles_in("nobody here") == ()
