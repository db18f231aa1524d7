"""The release path's parts, joined."""

from dataclasses import dataclass

from generator_gateway.ports import CaseLedger, Marker, OutputGates, Renderer, RequestGates, Signer, Vault


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """A `generator_gateway.ports.Line` of real parts; `placet.wiring` makes it."""

    ledger: CaseLedger
    request_gates: RequestGates
    backend: Renderer
    output_gates: OutputGates
    marker: Marker
    signer: Signer
    vault: Vault
