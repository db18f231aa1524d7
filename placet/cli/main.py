"""The `placet` command. Nothing is imported until the command that needs it runs."""

import importlib
import sys
from collections.abc import Mapping

import click

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("placet.cli.serve", "Run the API, the pages and a worker in one process."),
    "worker": ("placet.cli.serve", "Run a worker in a process of its own."),
    "migrate": ("placet.cli.serve", "Bring the database to the newest schema."),
    "verify": ("placet.cli.verify", "Say what a file carries: credential, watermark, release, consent."),
    "ledger": ("placet.cli.ledger", "Check the public record."),
    "certificate": ("placet.cli.certificates", "Ask for a signing certificate, and look at the one in use."),
    "marks": ("placet.cli.marks", "Show and change the keys of the invisible marks."),
    "receipt": ("placet.cli.receipt", "Check receipts of consent, and change the key that signs them."),
    "trust": ("placet.cli.trust", "Show and renew the C2PA trust lists."),
    "models": ("placet.cli.models", "List, fetch, add, check and describe model packs."),
    "blocklist": ("placet.cli.blocklist", "Take in people who may not be generated."),
    "optouts": ("placet.cli.optouts", "Take in long lists of claims, and look after claims."),
    "feeds": ("placet.cli.feeds", "Exchange claims and hashes in the formats of others."),
    "notices": ("placet.cli.notices", "See what runs out next for notices under a statute."),
    "names": ("placet.cli.names", "Try names on prompts before they are filed."),
    "consent": ("placet.cli.consent", "Show, take back and pause what somebody allowed."),
    "lockdown": ("placet.cli.lockdown", "Stop every use of every likeness, and let uses go on."),
    "erase": ("placet.cli.erase", "Forget a person, and prove that they are gone."),
    "export": ("placet.cli.export", "Write everything about a person into one archive."),
    "account": ("placet.cli.accounts", "Make accounts and keys."),
    "demo": ("placet.cli.demo", "Watch requests be allowed, held and refused."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and imports them when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without importing anything."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def placet() -> None:
    """The consent gate for generative video."""


def main() -> None:
    """Run the command; errors of ours become a sentence and an exit status."""
    from trust_kernel.errors import InvalidInput, NotFound, PlacetError, Unavailable

    try:
        placet()
    except PlacetError as error:
        statuses = {InvalidInput: 2, NotFound: 3, Unavailable: 75}
        click.echo(f"placet: {error.detail} ({error.code})", err=True)
        sys.exit(next((status for kind, status in statuses.items() if isinstance(error, kind)), 1))
