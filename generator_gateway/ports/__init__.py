"""What the release path needs, as roles. `placet.wiring` joins them to technologies."""

from generator_gateway.ports.cases import MAX_LINEAGE, Cases, CaseShelf, CaseSummary, Earned, Journal, Lease, Queue
from generator_gateway.ports.looking import CaseView, Gate, GateReport, Panel, Policy
from generator_gateway.ports.path import CaseLedger, Line, Marker, OutputGates, Renderer, RequestGates, Signer, Vault
from generator_gateway.ports.releases import Cause, Owner, Recall, ReleaseRecord, Releases
from generator_gateway.ports.rendering import CameoReference, MediaInput, Progress, RenderOrder, VideoBackend
from generator_gateway.ports.telling import Notices, Record, RecordedEntry

__all__ = [
    "MAX_LINEAGE",
    "CameoReference",
    "CaseLedger",
    "CaseShelf",
    "CaseSummary",
    "CaseView",
    "Cases",
    "Cause",
    "Earned",
    "Gate",
    "GateReport",
    "Journal",
    "Lease",
    "Line",
    "Marker",
    "MediaInput",
    "Notices",
    "OutputGates",
    "Owner",
    "Panel",
    "Policy",
    "Progress",
    "Queue",
    "Recall",
    "Record",
    "RecordedEntry",
    "ReleaseRecord",
    "Releases",
    "RenderOrder",
    "Renderer",
    "RequestGates",
    "Signer",
    "Vault",
    "VideoBackend",
]
