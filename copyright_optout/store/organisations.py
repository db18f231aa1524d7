"""The queries of rights holders."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from copyright_optout.domain import Membership, OptOutFault, Organisation, Role
from copyright_optout.tables import OptOutMemberRow, OptOutOrganisationRow
from trust_kernel.db import Database
from trust_kernel.errors import NotFound


class DatabaseOrganisations:
    """Rights holders as rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def found(self, organisation: Organisation, owner: Membership) -> None:
        """Keep a new one and its first member."""
        with self._database.transaction() as session:
            session.add(
                OptOutOrganisationRow(
                    id=organisation.id,
                    name=organisation.name,
                    only_licensed=organisation.only_licensed,
                    created_at=organisation.created_at,
                )
            )
            session.flush()
            self.put_member(owner)

    def organisation(self, organisation_id: str, *, lock: bool = False) -> Organisation | None:
        """One of them, locked until the transaction ends if asked."""
        with self._database.reading() as session:
            row = session.get(
                OptOutOrganisationRow, organisation_id, with_for_update=lock or None, populate_existing=lock
            )
            return _organisation(row) if row else None

    def organisations(self, organisation_ids: Iterable[str]) -> Mapping[str, Organisation]:
        """Several; of a page of claims, so there are never many."""
        statement = select(OptOutOrganisationRow).where(col(OptOutOrganisationRow.id).in_(set(organisation_ids)))
        with self._database.reading() as session:
            return {row.id: _organisation(row) for row in session.exec(statement)}

    def change(self, organisation: Organisation) -> None:
        """Keep a changed one."""
        with self._database.transaction() as session:
            row = session.get(OptOutOrganisationRow, organisation.id)
            if row is None:
                raise NotFound("there is no such organisation", code=OptOutFault.ORGANISATION_UNKNOWN)
            row.name, row.only_licensed = organisation.name, organisation.only_licensed
            session.add(row)

    def of_account(self, account_id: str) -> Sequence[Membership]:
        """Where an account is a member, the longest first."""
        return self._of_account(account_id, accepted=True)

    def members(self, organisation_id: str) -> Sequence[Membership]:
        """The members of one, the longest first."""
        return self._of_organisation(organisation_id, accepted=True)

    def invitations(self, account_id: str) -> Sequence[Membership]:
        """Where an account is invited, the longest first."""
        return self._of_account(account_id, accepted=False)

    def invited(self, organisation_id: str) -> Sequence[Membership]:
        """Whom one has invited, the longest first."""
        return self._of_organisation(organisation_id, accepted=False)

    def put_member(self, membership: Membership) -> None:
        """Take somebody in, invite them, or give them another role."""
        with self._database.transaction() as session:
            session.merge(
                OptOutMemberRow(
                    organisation_id=membership.organisation_id,
                    account_id=membership.account_id,
                    role=membership.role.value,
                    since=membership.since,
                    accepted=membership.accepted,
                )
            )

    def drop_member(self, organisation_id: str, account_id: str) -> None:
        """Take somebody out, or an invitation back; nothing where there is neither."""
        with self._database.transaction() as session:
            session.execute(
                delete(OptOutMemberRow).where(
                    col(OptOutMemberRow.organisation_id) == organisation_id,
                    col(OptOutMemberRow.account_id) == account_id,
                )
            )

    def _of_account(self, account_id: str, *, accepted: bool) -> Sequence[Membership]:
        statement = select(OptOutMemberRow).where(
            OptOutMemberRow.account_id == account_id, col(OptOutMemberRow.accepted) == accepted
        )
        return self._memberships(statement.order_by(col(OptOutMemberRow.since), col(OptOutMemberRow.organisation_id)))

    def _of_organisation(self, organisation_id: str, *, accepted: bool) -> Sequence[Membership]:
        statement = select(OptOutMemberRow).where(
            OptOutMemberRow.organisation_id == organisation_id, col(OptOutMemberRow.accepted) == accepted
        )
        return self._memberships(statement.order_by(col(OptOutMemberRow.since), col(OptOutMemberRow.account_id)))

    def _memberships(self, statement: SelectOfScalar[OptOutMemberRow]) -> Sequence[Membership]:
        with self._database.reading() as session:
            return [
                Membership(row.organisation_id, row.account_id, Role(row.role), row.since, row.accepted)
                for row in session.exec(statement)
            ]


def _organisation(row: OptOutOrganisationRow) -> Organisation:
    return Organisation(row.id, row.name, row.created_at, row.only_licensed)
