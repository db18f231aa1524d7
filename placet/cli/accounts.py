"""`placet account`: accounts and keys, for whoever has the data directory."""

from pathlib import Path

import click

from placet.cli.options import data_option, settings_for


@click.group()
def account() -> None:
    """Make accounts and keys."""


@account.command()
@data_option
@click.argument("email")
@click.option("--name", required=True, help="Display name.")
@click.option("--role", "roles", multiple=True, required=True, help="Any of the roles; may be given again.")
@click.password_option(help="At least 12 characters.")
def create(data: Path | None, email: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Make an account."""
    from placet.wiring import build_kernel

    made = build_kernel(settings_for(data)).accounts.register(email, password, roles, name)
    click.echo(made.id)


@account.command()
@data_option
@click.argument("email")
@click.option("--name", default="command line", help="What the key is called.")
def key(data: Path | None, email: str, name: str) -> None:
    """Issue a key with everything that the account may do; it is shown once."""
    from placet.wiring import build_kernel
    from trust_kernel.errors import NotFound

    accounts = build_kernel(settings_for(data)).accounts
    owner = accounts.by_email(email)
    if owner is None:
        raise NotFound("no account has this e-mail")
    click.echo(accounts.issue_key(owner.id, name, accounts.permissions(owner.id)).plaintext)
