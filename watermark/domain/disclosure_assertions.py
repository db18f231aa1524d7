"""A disclosure in the words of a content credential: assertions beside those that every release carries."""

from collections.abc import Mapping
from typing import Any

from watermark.domain.disclosure import Disclosure, LatentField

DISCLOSURE_LABEL = "com.placet.disclosure"
"""Label of our own assertion; reverse domain, without a version suffix, which c2pa would drop."""
MODEL_TYPE = "c2pa.types.model"

Assertion = tuple[str, Mapping[str, Any]]


def assertions_of(disclosure: Disclosure) -> tuple[Assertion, ...]:
    """Label and data of each assertion: `cawg.metadata`, `c2pa.ai-disclosure` and our own.

    They take the place of assertions of the same label that a signer would make by itself. Our own holds every field
    by the name of its `LatentField`, and the AIGC values, so that the credential alone fulfils each profile.
    """
    return (
        ("cawg.metadata", _metadata(disclosure)),
        ("c2pa.ai-disclosure", _ai_disclosure(disclosure)),
        (DISCLOSURE_LABEL, _own(disclosure)),
    )


def _metadata(disclosure: Disclosure) -> Mapping[str, Any]:
    """JSON-LD with the IPTC names (Photo Metadata Standard 2025.1)."""
    said = disclosure.fields
    names = {
        "Iptc4xmpExt:DigitalSourceType": LatentField.SOURCE_TYPE,
        "Iptc4xmpExt:AISystemUsed": LatentField.SYSTEM,
        "Iptc4xmpExt:AISystemVersionUsed": LatentField.SYSTEM_VERSION,
        "dc:identifier": LatentField.IDENTIFIER,
        "dc:publisher": LatentField.PROVIDER,
        "xmp:CreateDate": LatentField.CREATED_AT,
    }
    return {
        "@context": {
            "dc": "http://purl.org/dc/elements/1.1/",
            "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
            "xmp": "http://ns.adobe.com/xap/1.0/",
        },
        **{name: said[field] for name, field in names.items() if field in said},
        "dc:description": disclosure.sentence,
    }


def _ai_disclosure(disclosure: Disclosure) -> Mapping[str, Any]:
    """C2PA 2.4: which kind of model, its name, and what people did."""
    return {
        "modelType": MODEL_TYPE,
        **({"modelName": disclosure.model} if disclosure.model else {}),
        "contentProfile": {"humanOversightLevel": disclosure.oversight.value},
    }


def _own(disclosure: Disclosure) -> Mapping[str, Any]:
    return {
        "jurisdictions": [jurisdiction.value for jurisdiction in disclosure.jurisdictions],
        **{field.value: value for field, value in disclosure.fields.items()},
        **({"aigc": dict(disclosure.aigc)} if disclosure.aigc is not None else {}),
    }
