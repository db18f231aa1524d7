"""Who runs this house, as the registry needs to know it."""

from collections.abc import Collection, Mapping

from trust_kernel.web.accounts import Accounts


class AccountStaff:
    """`Staff`: accounts in use, by what their roles permit.

    Args:
        accounts: all of them.
        roles: permissions by role.
    """

    def __init__(self, accounts: Accounts, roles: Mapping[str, frozenset[str]]) -> None:
        self._accounts = accounts
        self._roles = roles

    def who_may(self, permission: str) -> Collection[str]:
        """Their ids."""
        roles = {name for name, permissions in self._roles.items() if permission in permissions}
        return self._accounts.holding(roles)
