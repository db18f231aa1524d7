"""Who an account is, as staff's pages say it: a handle and a name, never an address."""

from dataclasses import dataclass
from typing import Protocol

from consent_registry.api import ConsentRegistry
from trust_kernel.errors import NotFound
from trust_kernel.web.domain import Account


class AccountNames(Protocol):
    """Knows accounts; `trust_kernel.web.accounts.Accounts` is the real one."""

    def account(self, account_id: str) -> Account:
        """By id; raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """An account as staff see it.

    Attributes:
        name: as the account has it; "" where there is no such account any more.
        handle: "" where it has none.
    """

    account_id: str
    name: str
    handle: str


class People:
    """Looks accounts up.

    Args:
        registry: knows handles.
        accounts: knows names.
    """

    def __init__(self, registry: ConsentRegistry, accounts: AccountNames) -> None:
        self._registry = registry
        self._accounts = accounts

    def known(self, account_id: str) -> Known:
        """Who it is; one that is gone has neither name nor handle."""
        subject = self._registry.subject_of(account_id)
        try:
            name = self._accounts.account(account_id).name
        except NotFound:
            name = ""
        return Known(account_id, name, subject.handle if subject else "")

    def meant(self, who: str) -> Known | None:
        """The account that a handle, with or without @, or an account id stands for; None where nobody is meant."""
        typed = who.strip()
        subject = self._registry.by_handle(typed.removeprefix("@")) if typed else None
        found = self.known(subject.account_id if subject else typed)
        return found if found.name or found.handle else None
