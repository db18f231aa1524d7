"""People with accounts at a deployment, for tests of its routes, pages and commands."""

from dataclasses import dataclass

from placet.wiring import House

PASSWORD = "a long enough password"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody with an account, a key and perhaps a handle.

    Attributes:
        headers: what their requests carry.
        subject_id: "" where they have no handle.
    """

    account_id: str
    headers: dict[str, str]
    subject_id: str = ""


def joined(house: House, name: str, *roles: str, handle: bool = False, born: int | None = None) -> Member:
    """Register ``name@example.org``, with a key for everything that the roles permit.

    Args:
        house: where.
        name: of the account; the handle too, where they take one.
        roles: theirs.
        handle: whether they take one.
        born: year that they say.
    """
    accounts = house.kernel.accounts
    account = accounts.register(f"{name}@example.org", PASSWORD, roles, name)
    key = accounts.issue_key(account.id, "test", accounts.permissions(account.id)).plaintext
    headers = {"authorization": f"Bearer {key}"}
    if not handle:
        return Member(account.id, headers)
    made = house.guards.registry.register_subject(account.id, name, name.title(), birth_year=born)
    return Member(account.id, headers, made.id)
