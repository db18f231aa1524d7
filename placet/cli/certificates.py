"""`placet certificate request|show`: the certificate that signs content credentials."""

from pathlib import Path

import click

from placet.cli.options import data_option, settings_for


@click.group()
def certificate() -> None:
    """Ask for a signing certificate, and look at the one in use."""


@certificate.command()
@click.option("--organisation", required=True, help="Legal name, 1 to 64 characters.")
@click.option("--name", required=True, help="Name of the product or service, 1 to 64 characters.")
@click.option("--country", required=True, help="ISO 3166 alpha-2, such as IT.")
@click.option("--key", "key_file", type=click.Path(path_type=Path), default=None, help="Where the new key goes.")
@data_option
def request(data: Path | None, organisation: str, name: str, country: str, key_file: Path | None) -> None:
    """Make a key and print the request for its certificate.

    The key goes into --key, a file of mode 0600; without it, into the PKCS#11 token of the settings, which it never
    leaves. A certificate authority on the C2PA trust list answers the request.
    """
    from placet.wiring.credentials import request_certificate
    from watermark.api import RequestSubject

    subject = RequestSubject(organisation, name, country)
    click.echo(request_certificate(settings_for(data), subject, key_file), nl=False)


@certificate.command()
@data_option
def show(data: Path | None) -> None:
    """Who signs, until when, and whether it may."""
    from placet.wiring import build_kernel
    from placet.wiring.credentials import signing_state

    state = signing_state(build_kernel(settings_for(data)))
    click.echo(f"{state.organisation}, until {state.not_after:%Y-%m-%d} ({state.days_left} days)")
    if state.is_development:
        click.echo("made here for development: nobody outside can trust it")
    if state.runs_out_soon:
        click.echo("renew it now")
