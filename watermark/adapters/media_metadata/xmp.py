"""XMP packets (ISO 16684-1): one written from a disclosure, and what anybody's says about AI."""

import json
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from watermark.domain.credential_store import text
from watermark.domain.disclosure import Disclosure, LatentField

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PREFIXES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "TC260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
    "placet": "urn:placet:disclosure:1:",
}
_FIELDS = {
    LatentField.SOURCE_TYPE: "Iptc4xmpExt:DigitalSourceType",
    LatentField.SYSTEM: "Iptc4xmpExt:AISystemUsed",
    LatentField.SYSTEM_VERSION: "Iptc4xmpExt:AISystemVersionUsed",
    LatentField.CREATED_AT: "xmp:CreateDate",
    LatentField.IDENTIFIER: "dc:identifier",
    LatentField.NATURE: "placet:Nature",
    LatentField.PROVIDER: "placet:Provider",
    LatentField.DETECTOR: "placet:Detector",
}
"""IPTC names where there are any (Photo Metadata Standard 2025.1), our own where not."""
_AIGC = "TC260:AIGC"
MAX_PACKET = 1_000_000
_MAX_AIGC = 16_000
_MAX_VALUE = 300
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
AIGC_KEYS = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
)
"""GB 45438-2025, annex E, in its order."""


def aigc_text(aigc: Mapping[str, str]) -> str:
    """The AIGC values as the JSON text that goes into a file."""
    return json.dumps(dict(aigc), ensure_ascii=False, separators=(",", ":"))


def parse_aigc(value: str) -> dict[str, str] | None:
    """The AIGC values in a stranger's JSON text, cleaned; None where it holds none."""
    if len(value) > _MAX_AIGC:
        return None
    try:
        loaded = json.loads(value)
    except (ValueError, RecursionError):
        return None
    if not isinstance(loaded, dict):
        return None
    # Some write the whole as {"AIGC": {...}}.
    inner = loaded.get("AIGC")
    values = inner if isinstance(inner, dict) else loaded
    found = {key: text(values[key], _MAX_VALUE) for key in AIGC_KEYS if isinstance(values.get(key), str)}
    return found if "Label" in found else None


def write_packet(disclosure: Disclosure) -> bytes:
    """A packet that says what the disclosure says, UTF-8."""
    said = {_FIELDS[field]: value for field, value in disclosure.fields.items() if field in _FIELDS}
    if disclosure.aigc is not None:
        said[_AIGC] = aigc_text(disclosure.aigc)
    spaces = "".join(f'\n    xmlns:{prefix}="{uri}"' for prefix, uri in _PREFIXES.items())
    lines = "".join(f"\n   <{name}>{escape(value)}</{name}>" for name, value in said.items())
    about = (
        '\n   <dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{escape(disclosure.sentence)}</rdf:li></rdf:Alt></dc:description>"
    )
    return (
        f'{_BEGIN}\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n <rdf:RDF xmlns:rdf="{RDF}">'
        f'\n  <rdf:Description rdf:about=""{spaces}>{lines}{about}\n  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>'
        '\n<?xpacket end="w"?>'
    ).encode()


def parse_packet(packet: bytes) -> tuple[dict[str, str], dict[str, str] | None]:
    """Fields by the names of `LatentField`, and the AIGC values, of a stranger's packet.

    Whatever cannot be read counts as absent. A packet that is longer than 1 MB, is not UTF-8 or declares a document
    type (the way to entities that grow) is not parsed at all.
    """
    if len(packet) > MAX_PACKET:
        return {}, None
    try:
        source = packet.decode("utf-8").strip("\x00 \r\n\t\ufeff")
        if "<!DOCTYPE" in source or "<!ENTITY" in source:
            return {}, None
        root = ET.fromstring(source)  # noqa: S314 - no document type, at most 1 MB
    except (UnicodeDecodeError, ET.ParseError, ValueError):
        return {}, None
    names = {_tag(name): field.value for field, name in _FIELDS.items()}
    fields: dict[str, str] = {}
    aigc = None
    for name, value in _properties(root):
        if name == _tag(_AIGC):
            aigc = aigc or parse_aigc(value)
        elif name in names and (clean := text(value, _MAX_VALUE)):
            fields.setdefault(names[name], clean)
    return fields, aigc


def _properties(root: "ET.Element[str]") -> Iterator[tuple[str, str]]:
    """Simple properties of every description: as elements, as attributes, or by reference."""
    for description in root.iter(f"{{{RDF}}}Description"):
        yield from description.attrib.items()
        for element in description:
            inner = element.find(f"{{{RDF}}}Alt/{{{RDF}}}li")
            yield element.tag, (element.get(f"{{{RDF}}}resource") or (element if inner is None else inner).text or "")


def _tag(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_PREFIXES[prefix]}}}{local}"
