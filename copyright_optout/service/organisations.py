"""Rights holders: who acts for them, and as what."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from copyright_optout.domain import (
    ClaimState,
    Membership,
    OptOutEvent,
    OptOutFault,
    Organisation,
    Role,
    check_organisation_name,
)
from copyright_optout.ports import Accounts, ClaimStore, OrganisationStore, Record
from copyright_optout.ports.rehearsing import Aftermath
from copyright_optout.service.telling import ClaimNotices
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict, NotFound, NotPermitted
from trust_kernel.ids import new_id

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Seat:
    """An organisation, and what somebody may do for it."""

    organisation: Organisation
    role: Role


class OrganisationDesk:
    """The rights holders and their members.

    Args:
        claims: its transactions; the organisations are rows beside the claims.
        aftermath: told of claims that stop more than they did.
    """

    def __init__(
        self,
        store: OrganisationStore,
        claims: ClaimStore,
        accounts: Accounts,
        notices: ClaimNotices,
        record: Record,
        clock: Clock,
        aftermath: Aftermath,
    ) -> None:
        self._store = store
        self._claims = claims
        self._accounts = accounts
        self._notices = notices
        self._record = record
        self._clock = clock
        self._aftermath = aftermath

    def found(self, name: str, by: str) -> Organisation:
        """Make a new one whose owner is whoever makes it; raises InvalidInput."""
        now = self._clock.now()
        made = Organisation(new_id("org"), check_organisation_name(name), now)
        with self._claims.transaction():
            self._store.found(made, Membership(made.id, by, Role.OWNER, now))
            self._record.append(OptOutEvent.ORGANISATION_FOUNDED, {"organisation": made.id, "actor": by})
        return made

    def seats(self, account_id: str) -> Sequence[Seat]:
        """For whom an account acts, the longest first."""
        return self._seated(self._store.of_account(account_id))

    def seat(self, account_id: str, organisation_id: str, needed: Role) -> Seat:
        """The organisation that an account wants to act for.

        Raises:
            NotFound: there is none, or the account has nothing to do with it.
            NotPermitted: its role does not suffice.
        """
        seat = next((one for one in self.seats(account_id) if one.organisation.id == organisation_id), None)
        if seat is None:
            raise _unknown()
        if not seat.role.may(needed):
            raise NotPermitted(f"this takes the role {needed}", code=OptOutFault.ROLE_MISSING)
        return seat

    def own(self, account_id: str) -> Organisation:
        """The organisation for which an account files where it names none.

        The first for which it may; where there is none, one is made that bears its name.
        """
        seat = next((one for one in self.seats(account_id) if one.role.may(Role.AGENT)), None)
        if seat is not None:
            return seat.organisation
        return self.found(self._accounts.called(account_id) or account_id, account_id)

    def organisation(self, organisation_id: str) -> Organisation:
        """One of them; raises NotFound."""
        found = self._store.organisation(organisation_id)
        if found is None:
            raise _unknown()
        return found

    def change(
        self, organisation_id: str, by: str, *, name: str | None = None, only_licensed: bool | None = None
    ) -> Organisation:
        """Rename it, or decide whether everything of theirs takes a licence; owners may.

        Where it does from now on, what was released before is looked for as if its claims took effect now.

        Raises:
            InvalidInput: no such name.
            NotFound, NotPermitted: as `seat`.
        """
        self.seat(by, organisation_id, Role.OWNER)
        with self._claims.transaction():
            known = self._locked(organisation_id)
            changed = replace(
                known,
                name=known.name if name is None else check_organisation_name(name),
                only_licensed=known.only_licensed if only_licensed is None else only_licensed,
            )
            if changed != known:
                self._store.change(changed)
                if changed.only_licensed and not known.only_licensed:
                    self._look_back(known.id)
                facts: dict[str, str | int] = {"organisation": known.id, "actor": by}
                facts["only_licensed"] = int(changed.only_licensed)
                self._record.append(OptOutEvent.ORGANISATION_CHANGED, facts)
        return changed

    def _look_back(self, organisation_id: str) -> None:
        last = None
        while found := self._claims.page([organisation_id], states=[ClaimState.ACTIVE], after=last, limit=_PAGE):
            self._aftermath.activated(found)
            last = found[-1].id

    def members(self, organisation_id: str, by: str, *, staff: bool = False) -> Sequence[Membership]:
        """Who acts for it and then who is invited, the longest first; members and staff see it."""
        if staff:
            self.organisation(organisation_id)
        else:
            self.seat(by, organisation_id, Role.VIEWER)
        return [*self._store.members(organisation_id), *self._store.invited(organisation_id)]

    def invitations(self, account_id: str) -> Sequence[Seat]:
        """For whom an account may act if it accepts, the longest first."""
        return self._seated(self._store.invitations(account_id))

    def accept(self, organisation_id: str, account_id: str) -> Seat:
        """Act for an organisation that invited one; raises NotFound where none did."""
        with self._claims.transaction():
            found = self._store.organisation(organisation_id, lock=True)
            offered = next(
                (one for one in self._store.invitations(account_id) if one.organisation_id == organisation_id), None
            )
            if found is None or offered is None:
                raise _unknown()
            self._store.put_member(replace(offered, since=self._clock.now(), accepted=True))
            self._log_member(organisation_id, account_id, offered.role.value, account_id)
        return Seat(found, offered.role)

    def put_member(
        self, organisation_id: str, account_id: str, role: Role, by: str, *, staff: bool = False
    ) -> Membership:
        """Invite somebody, or give them another role; owners may, and staff where nobody owns it any more.

        Whoever is invited is told, and counts as a member only once they accept: to be one ends the protection of
        one's own name from its claims, and changes for whom one files.

        Raises:
            NotFound: no such organisation or account.
            NotPermitted: as `seat`.
            Conflict: nobody would own it any more.
        """
        if not (staff and self._is_ownerless(organisation_id)):
            self.seat(by, organisation_id, Role.OWNER)
        if not self._accounts.exists(account_id):
            raise NotFound("there is no such account", code=OptOutFault.MEMBER_UNKNOWN, field="account_id")
        with self._claims.transaction():
            known = self._locked(organisation_id)
            before = self._membership(organisation_id, account_id)
            if before is None:
                before = Membership(organisation_id, account_id, role, self._clock.now(), accepted=False)
                self._notices.invited(known, account_id, role)
            elif before.accepted and role is not Role.OWNER:
                self._check_owned_without(organisation_id, account_id)
            membership = replace(before, role=role)
            self._store.put_member(membership)
            self._log_member(organisation_id, account_id, role.value if membership.accepted else "invited", by)
        return membership

    def drop_member(self, organisation_id: str, account_id: str, by: str) -> None:
        """Take somebody out, or an invitation back; owners may, and everybody themselves. Raises as `put_member`."""
        if by != account_id:
            self.seat(by, organisation_id, Role.OWNER)
        with self._claims.transaction():
            self._locked(organisation_id)
            membership = self._membership(organisation_id, account_id)
            if membership is None and by == account_id:
                raise _unknown()
            if membership is None:
                raise NotFound("they are no member", code=OptOutFault.MEMBER_UNKNOWN, field="account_id")
            if membership.accepted:
                self._check_owned_without(organisation_id, account_id)
            self._store.drop_member(organisation_id, account_id)
            self._log_member(organisation_id, account_id, "none", by)

    def take_out(self, account_id: str) -> None:
        """Have an account act for nobody, because it is leaving; staff are told of what nobody owns any more.

        Its claims stay with their organisations.
        """
        with self._claims.transaction():
            mine = [*self._store.of_account(account_id), *self._store.invitations(account_id)]
            seats = {one.organisation_id: one for one in mine}
            # All rows are locked before the record's head, and in one order, here as everywhere.
            for known in [self._locked(organisation_id) for organisation_id in sorted(seats)]:
                self._store.drop_member(known.id, account_id)
                self._log_member(known.id, account_id, "none", account_id)
                left = seats[known.id]
                if left.accepted and left.role is Role.OWNER and self._is_ownerless(known.id):
                    self._notices.ownerless(known)

    def _is_ownerless(self, organisation_id: str) -> bool:
        return all(one.role is not Role.OWNER for one in self._store.members(organisation_id))

    def _locked(self, organisation_id: str) -> Organisation:
        found = self._store.organisation(organisation_id, lock=True)
        if found is None:
            raise _unknown()
        return found

    def _membership(self, organisation_id: str, account_id: str) -> Membership | None:
        known = [*self._store.members(organisation_id), *self._store.invited(organisation_id)]
        return next((one for one in known if one.account_id == account_id), None)

    def _seated(self, memberships: Sequence[Membership]) -> Sequence[Seat]:
        known = self._store.organisations(one.organisation_id for one in memberships)
        return [Seat(known[one.organisation_id], one.role) for one in memberships]

    def _check_owned_without(self, organisation_id: str, account_id: str) -> None:
        members = self._store.members(organisation_id)
        if not any(one.role is Role.OWNER and one.account_id != account_id for one in members):
            raise Conflict("somebody has to own it", code=OptOutFault.LAST_OWNER, field="role")

    def _log_member(self, organisation_id: str, account_id: str, role: str, by: str) -> None:
        facts = {"organisation": organisation_id, "member": account_id, "role": role, "actor": by}
        self._record.append(OptOutEvent.MEMBER_CHANGED, facts)


def _unknown() -> NotFound:
    return NotFound("there is no such organisation", code=OptOutFault.ORGANISATION_UNKNOWN, field="organisation")
