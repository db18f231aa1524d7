"""Whose a release is: equal parts that add up to one, and rules by which who appears wins over who made it."""

import hashlib
import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator_gateway.ports import Owner, ReleaseState
from generator_gateway.service.owning import (
    REQUESTER_RIGHTS,
    SUBJECT_RIGHTS,
    Act,
    Appearing,
    canonical,
    decide,
    digest_of,
    owners_of,
)
from tests.factories.ownership import ADA, appearing

MAKER = Owner(ADA, "requester", REQUESTER_RIGHTS)
SHOWN = Owner("acct_bea", "subject", SUBJECT_RIGHTS, "subj_bea")
RELEASED, OBJECTED, WITHDRAWN = ReleaseState.RELEASED, ReleaseState.OBJECTED, ReleaseState.WITHDRAWN

PEOPLE = st.lists(
    st.builds(
        appearing,
        st.sampled_from(["ada", "bea", "cyd", "dan"]),
        st.sampled_from(["face", "voice"]),
        grants=st.lists(st.sampled_from(["grant_1", "grant_2"]), max_size=2),
    ),
    max_size=8,
)


# --- whose


@given(PEOPLE)
def test_everybody_in_it_owns_it_and_all_parts_add_up_to_one(people: list[Appearing]) -> None:
    owners = owners_of(ADA, people)
    assert sum(owner.share for owner in owners) == 1
    assert {owner.subject_id for owner in owners} - {None} == {one.subject_id for one in people}
    by_account: dict[str, Fraction] = {}
    for owner in owners:
        by_account[owner.account_id] = by_account.get(owner.account_id, Fraction(0)) + owner.share
    assert len(set(by_account.values())) == 1
    assert owners[0].role == "requester"


@given(PEOPLE, st.randoms())
def test_the_order_in_which_people_are_found_changes_nothing(people: list[Appearing], draw: object) -> None:
    shuffled = list(people)
    draw.shuffle(shuffled)  # type: ignore[attr-defined] # a random.Random
    assert owners_of(ADA, shuffled) == owners_of(ADA, people)


def test_three_people_own_a_third_each() -> None:
    owners = owners_of(ADA, [appearing("bea"), appearing("cyd", "voice")])
    assert [(owner.account_id, str(owner.share)) for owner in owners] == [
        (ADA, "1/3"),
        ("acct_bea", "1/3"),
        ("acct_cyd", "1/3"),
    ]


def test_whoever_made_a_video_of_themselves_has_one_part_in_two_roles() -> None:
    owners = owners_of(ADA, [appearing("ada"), appearing("bea")])
    assert [(owner.account_id, owner.role, str(owner.share)) for owner in owners] == [
        (ADA, "requester", "1/2"),
        (ADA, "subject", "0"),
        ("acct_bea", "subject", "1/2"),
    ]


def test_what_was_consented_to_and_what_was_recognised_of_a_person_make_one_owner() -> None:
    owners = owners_of(ADA, [appearing("bea", "face", grants=["grant_1"]), appearing("bea", "voice")])
    assert owners[1:] == (
        Owner("acct_bea", "subject", SUBJECT_RIGHTS, "subj_bea", ("grant_1",), ("face", "voice"), Fraction(1, 2)),
    )


# --- the list that the ledger has the digest of


def test_the_list_names_people_by_pseudonym_alone_and_hashes_the_same_every_time() -> None:
    owners = owners_of(ADA, [appearing("bea", "voice", "face")])
    text = canonical("video_1", owners, lambda identity: f"psn_{len(identity)}_{identity[-1]}")
    assert text == canonical("video_1", reversed(owners), lambda identity: f"psn_{len(identity)}_{identity[-1]}")
    assert json.loads(text) == {
        "case": "video_1",
        "owners": [
            {
                "modalities": [],
                "owner": "psn_8_a",
                "rights": ["delete", "download", "see", "withdraw"],
                "role": "requester",
                "share": "1/2",
            },
            {
                "modalities": ["face", "voice"],
                "owner": "psn_8_a",
                "rights": ["delete", "download", "object", "see", "withdraw"],
                "role": "subject",
                "share": "1/2",
            },
        ],
    }
    assert " " not in text
    assert text.isascii()
    assert digest_of(text) == hashlib.sha256(text.encode()).hexdigest()


def test_the_same_owners_of_another_video_are_another_list() -> None:
    owners = owners_of(ADA, [])
    assert canonical("video_1", owners, str) != canonical("video_2", owners, str)


# --- the rules


@pytest.mark.parametrize(
    ("state", "maker", "shown"),
    [
        (RELEASED, {"see", "download", "share", "remix", "delete", "withdraw"}, set(Act)),
        (OBJECTED, {"see", "delete", "withdraw"}, {"see", "download", "delete", "withdraw", "object"}),
        (WITHDRAWN, {"see", "delete"}, {"see", "delete"}),
    ],
)
def test_what_owners_may_do_is_this_table(state: ReleaseState, maker: set[str], shown: set[str]) -> None:
    assert {act for act in Act if decide(act, [MAKER], state) is None} == maker
    assert {act for act in Act if decide(act, [SHOWN], state) is None} == shown


@pytest.mark.parametrize("state", list(ReleaseState))
def test_whoever_does_not_own_it_may_do_nothing(state: ReleaseState) -> None:
    assert {decide(act, [], state) for act in Act} == {"release:right:missing"}


@pytest.mark.parametrize("state", list(ReleaseState))
@pytest.mark.parametrize("act", list(Act))
def test_whoever_appears_may_always_do_what_the_maker_may_at_least_while_it_is_disputed(
    state: ReleaseState, act: Act
) -> None:
    if decide(act, [MAKER], state) is None:
        assert decide(act, [SHOWN], state) is None


def test_two_roles_together_may_what_either_may() -> None:
    assert decide(Act.OBJECT, [MAKER, SHOWN], RELEASED) is None
    assert decide(Act.DOWNLOAD, [MAKER, SHOWN], OBJECTED) is None


def test_a_right_that_was_not_recorded_is_not_had() -> None:
    bare = Owner(ADA, "subject", ("see",))
    assert {act for act in Act if decide(act, [bare], RELEASED) is None} == {"see"}


def test_a_refusal_says_why() -> None:
    assert decide(Act.DOWNLOAD, [MAKER], WITHDRAWN) == "release:video:withdrawn"
    assert decide(Act.DOWNLOAD, [MAKER], OBJECTED) == "release:video:objected"
    assert decide(Act.OBJECT, [MAKER], RELEASED) == "release:right:missing"
