"""What commands share that an operator changes people's consent with: which deployment, who does it, and why."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from placet.cli.options import settings_for

if TYPE_CHECKING:
    from consent_registry.api import Subject
    from placet.wiring import House
    from trust_kernel.web.domain import Account


def named_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--by EMAIL`` and ``--reason TEXT``: who does it, and why."""
    by = click.option("--by", metavar="EMAIL", required=True, help="Your own account; its name is kept.")
    reason = click.option("--reason", metavar="TEXT", required=True, help="Why, for those who are told.")
    return by(reason(command))


def house_at(data: Path | None) -> "House":
    """The deployment that is there already; nothing is made by asking.

    Raises:
        InvalidInput: there is none.
    """
    from placet.wiring import build_house
    from trust_kernel.errors import InvalidInput

    settings = settings_for(data)
    if not settings.data_dir.is_dir():
        raise InvalidInput(f"there is no deployment in {settings.data_dir}", field="data")
    return build_house(settings)


def operator(house: "House", email: str, permission: str) -> "Account":
    """The account of whoever does it.

    Args:
        house: where they work.
        email: theirs.
        permission: what they need.

    Raises:
        NotFound: nobody has this e-mail.
        NotPermitted: the account is shut, or may not do so.
    """
    from trust_kernel.errors import NotFound, NotPermitted

    accounts = house.kernel.accounts
    found = accounts.by_email(email)
    if found is None:
        raise NotFound("no account has this e-mail", field="by")
    if found.disabled or permission not in accounts.permissions(found.id):
        raise NotPermitted(f"this account may not do so: it needs {permission}", field="by")
    return found


def person(house: "House", handle: str) -> "Subject":
    """Whoever goes by a handle, with or without @; raises NotFound."""
    from trust_kernel.errors import NotFound

    found = house.guards.registry.by_handle(handle.strip().removeprefix("@"))
    if found is None:
        raise NotFound(f"nobody here goes by {handle.strip()[:40]}", field="handle")
    return found
