"""People's own groups. Who is in one when somebody asks is who a grant to it covers."""

from collections.abc import Iterator
from contextlib import contextmanager

from consent_registry.domain import (
    MAX_GROUPS,
    MAX_MEMBERS,
    ConsentEvent,
    ConsentFault,
    Group,
    check_account_id,
    check_group_name,
)
from consent_registry.service.families import check_giver
from consent_registry.service.parts import Change, RegistryParts, changing
from trust_kernel.errors import Conflict, InvalidInput, NotFound
from trust_kernel.ids import new_id


class Groups:
    """Makes, fills and deletes groups. Every change is a change of consent, and told to nobody."""

    def __init__(self, parts: RegistryParts) -> None:
        self._parts = parts

    def of(self, subject_id: str) -> tuple[Group, ...]:
        """All of a subject, oldest first."""
        with self._parts.unit.reading():
            return tuple(self._parts.store.groups(subject_id))

    def named(self, group_id: str) -> Group:
        """By id, with its members; raises NotFound."""
        with self._parts.unit.reading():
            found = self._parts.store.group(group_id)
        if found is None:
            raise NotFound("there is no such group", code=ConsentFault.GROUP_UNKNOWN)
        return found

    def create(self, subject_id: str, name: str, actor: str) -> Group:
        """Make an empty group; raises InvalidInput for a name that is none, Conflict where there are `MAX_GROUPS`."""
        name = check_group_name(name)
        with changing(self._parts, subject_id, actor) as change:
            if len(self._parts.store.groups(subject_id)) >= MAX_GROUPS:
                raise Conflict(f"nobody has more than {MAX_GROUPS} groups", code=ConsentFault.GROUPS_TOO_MANY)
            made = Group(new_id("group"), subject_id, name, change.at)
            self._parts.store.add_group(made)
            return made

    def rename(self, group_id: str, name: str, actor: str) -> Group:
        """Call a group something else."""
        name = check_group_name(name)
        with self._changing(group_id, actor):
            self._parts.store.name_group(group_id, name)
        return self.named(group_id)

    def delete(self, group_id: str, actor: str) -> None:
        """Delete a group; grants to it stop covering anybody."""
        with self._changing(group_id, actor) as change:
            self._parts.store.drop_group(group_id)
            change.record(ConsentEvent.GROUP_CHANGED, {"group": group_id, "members": 0})

    def add(self, group_id: str, account_id: str, actor: str) -> Group:
        """Put somebody in; once more changes nothing. Raises Conflict where `MAX_MEMBERS` are in it."""
        check_account_id(account_id, "account_id")
        with self._changing(group_id, actor) as change:
            check_giver(self._parts.store, change.subject, actor, change.at)
            group = self.named(group_id)
            if account_id == change.subject.account_id:
                raise InvalidInput("a group is of other people", code=ConsentFault.BAR_SELF, field="account_id")
            if len(group.account_ids - {account_id}) >= MAX_MEMBERS:
                raise Conflict(f"a group has at most {MAX_MEMBERS} people", code=ConsentFault.GROUPS_TOO_MANY)
            self._parts.store.add_member(group_id, account_id, change.at)
            return self._noted(change, group_id)

    def remove(self, group_id: str, account_id: str, actor: str) -> Group:
        """Take somebody out; grants to the group stop covering them at commit."""
        with self._changing(group_id, actor) as change:
            self._parts.store.drop_member(group_id, account_id)
            return self._noted(change, group_id)

    def _noted(self, change: Change, group_id: str) -> Group:
        group = self.named(group_id)
        change.record(ConsentEvent.GROUP_CHANGED, {"group": group_id, "members": len(group.account_ids)})
        return group

    @contextmanager
    def _changing(self, group_id: str, actor: str) -> Iterator[Change]:
        with self._parts.unit.transaction(), changing(self._parts, self.named(group_id).subject_id, actor) as change:
            self.named(group_id)  # again, under the lock: it may have been deleted meanwhile
            yield change
