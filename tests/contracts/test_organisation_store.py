"""What every store of organisations does."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from copyright_optout.domain import Membership, Organisation, Role
from copyright_optout.ports import OrganisationStore
from copyright_optout.store import DatabaseOrganisations
from tests.factories.databases import postgres, sqlite
from tests.fakes.optout import MemoryOrganisations
from trust_kernel.errors import NotFound

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STUDIO = Organisation("org_a", "Studio", NOW)


def member(account_id: str, role: Role = Role.VIEWER, *, of: str = "org_a", after: int = 0) -> Membership:
    return Membership(of, account_id, role, NOW + timedelta(seconds=after))


OWNER = member("acct_o", Role.OWNER)


class OrganisationStoreContract:
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[OrganisationStore]:
        raise NotImplementedError

    def test_an_organisation_is_kept_with_its_first_member(self, store: OrganisationStore) -> None:
        store.found(STUDIO, OWNER)
        assert store.organisation("org_a") == store.organisation("org_a", lock=True) == STUDIO
        assert list(store.members("org_a")) == [OWNER]
        assert store.organisation("org_b") is None
        assert store.organisations(["org_a", "org_b"]) == {"org_a": STUDIO}

    def test_a_change_is_kept_and_needs_somebody_to_change(self, store: OrganisationStore) -> None:
        store.found(STUDIO, OWNER)
        changed = replace(STUDIO, name="Atelier", only_licensed=True)
        store.change(changed)
        assert store.organisation("org_a") == changed
        with pytest.raises(NotFound):
            store.change(replace(STUDIO, id="org_b"))

    def test_members_come_the_longest_first_with_the_last_role_they_got(self, store: OrganisationStore) -> None:
        store.found(STUDIO, OWNER)
        store.put_member(member("acct_c", after=2))
        store.put_member(member("acct_b", after=1))
        store.put_member(member("acct_c", Role.AGENT, after=2))
        found = [(one.account_id, one.role) for one in store.members("org_a")]
        assert found == [("acct_o", Role.OWNER), ("acct_b", Role.VIEWER), ("acct_c", Role.AGENT)]

    def test_an_account_is_found_in_everything_that_it_acts_for(self, store: OrganisationStore) -> None:
        store.found(STUDIO, OWNER)
        store.found(Organisation("org_b", "Other", NOW), member("acct_b", Role.OWNER, of="org_b"))
        store.put_member(member("acct_o", of="org_b", after=1))
        assert [one.organisation_id for one in store.of_account("acct_o")] == ["org_a", "org_b"]
        store.drop_member("org_a", "acct_o")
        store.drop_member("org_a", "acct_o")
        assert [one.organisation_id for one in store.of_account("acct_o")] == ["org_b"]
        assert not store.members("org_a")

    def test_who_is_invited_is_no_member_until_they_accept(self, store: OrganisationStore) -> None:
        store.found(STUDIO, OWNER)
        offered = replace(member("acct_i", Role.AGENT, after=1), accepted=False)
        store.put_member(offered)
        assert list(store.invited("org_a")) == list(store.invitations("acct_i")) == [offered]
        assert list(store.members("org_a")) == [OWNER]
        assert not store.of_account("acct_i")
        store.put_member(replace(offered, accepted=True))
        assert not store.invited("org_a")
        assert [one.role for one in store.of_account("acct_i")] == [Role.AGENT]
        store.put_member(replace(offered, account_id="acct_j"))
        store.drop_member("org_a", "acct_j")
        assert not store.invitations("acct_j")


class TestMemoryOrganisations(OrganisationStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[OrganisationStore]:
        del tmp_path
        yield MemoryOrganisations()  # noqa: PT022 - the contract's shape


class TestDatabaseOrganisations(OrganisationStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[OrganisationStore]:
        with sqlite(tmp_path) as database:
            yield DatabaseOrganisations(database)


@pytest.mark.postgres
class TestDatabaseOrganisationsOnPostgres(OrganisationStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[OrganisationStore]:
        del tmp_path
        with postgres() as database:
            yield DatabaseOrganisations(database)
