"""What laws and standards want said about generated media: one profile a jurisdiction, joined into one disclosure.

A profile holds what a rule asks of the file and of the picture, where the rule is written, what it asks that no file
can fulfil, and what could not be checked at its source. It is no legal advice: `docs/disclosure.md` says what is left
to the operator. Deployment facts (who provides, which system, where the detector is) are inputs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

from trust_kernel.errors import InvalidInput
from watermark.domain.marks import OpeningLabel

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_MAX_TEXT = 300
_AI_SOURCE_TYPES = frozenset({"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia", "compositeSynthetic"})
_AIGC_LABELS = frozenset({"1", "2", "3"})
"""GB 45438-2025: is generated, may be, is suspected to be."""


class DisclosureReason(StrEnum):
    """Why a disclosure could not be made, written or read."""

    PROFILE = "watermark:disclosure:unknown_profile"
    """There is no profile of that name."""
    FACT = "watermark:disclosure:missing_fact"
    """A profile asks for a fact that the deployment did not give, or it cannot be written."""
    FILE = "watermark:metadata:unusable"
    """The file is not of a kind that metadata is written into, or its structure is damaged."""
    SIGNED = "watermark:metadata:already_signed"
    """The file is signed; writing into it would break its credential."""


class Jurisdiction(StrEnum):
    """Whose rules a profile holds."""

    WORLD = "world"
    EU = "eu"
    CALIFORNIA = "us-ca"
    CHINA = "cn"


class Nature(StrEnum):
    """How far a model made it."""

    GENERATED = "generated"
    """Wholly."""
    MANIPULATED = "manipulated"
    """From something real: a remix of a recording, say."""


class Oversight(StrEnum):
    """What people did, in the words of C2PA 2.4 (`contentProfile.humanOversightLevel`)."""

    PROMPT_GUIDED = "prompt_guided"
    """Somebody wrote the prompt; nobody approved the result."""
    HUMAN_VALIDATED = "human_validated"
    """Somebody looked at the result and let it go."""


class LatentField(StrEnum):
    """What is written into the file and not seen."""

    SOURCE_TYPE = "source_type"
    """IPTC digital source type, a URI."""
    NATURE = "nature"
    """Generated or manipulated."""
    PROVIDER = "provider"
    """Name of whoever provides the system."""
    SYSTEM = "system"
    """Name of the system."""
    SYSTEM_VERSION = "system_version"
    """Its version."""
    CREATED_AT = "created_at"
    """Date and time of making, RFC 3339, UTC."""
    IDENTIFIER = "identifier"
    """Unique; the same in metadata, credential and mark."""
    DETECTOR = "detector"
    """Where anybody can check a file."""
    AIGC = "aigc"
    """The seven values of GB 45438-2025, annex E."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a duty is written.

    Attributes:
        title: of the law or standard.
        paragraph: where in it.
        applies_from: ISO date from which it applies; empty for a standard that nobody must follow.
        url: where it can be read.
    """

    title: str
    paragraph: str
    applies_from: str
    url: str


@dataclass(frozen=True, slots=True)
class DisclosureProfile:
    """What one jurisdiction asks.

    Attributes:
        jurisdiction: whose rules.
        name: shown to operators.
        fields: what is written into the file.
        opening: the label at the start; None where no rule asks for one.
        visible: what is asked of the visible mark, in a sentence.
        rules: where it says so.
        not_covered: duties that no file can fulfil: they are the operator's.
        unverified: what this profile assumes and could not be checked at its source.
    """

    jurisdiction: Jurisdiction
    name: str
    fields: frozenset[LatentField]
    opening: OpeningLabel | None
    visible: str
    rules: tuple[Rule, ...]
    not_covered: tuple[str, ...]
    unverified: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deployment:
    """Facts about whoever runs this.

    Attributes:
        provider: name of the provider of the system.
        system: name of the system.
        version: its version.
        detector: address of the verify page.
        producer_code: China: the code or name of the content's producer; the provider's name where empty.
        propagator_code: China: the code or name of whoever distributes it; empty: left to them.
        opening_text: words of the opening label instead of the profiles' own.
    """

    provider: str
    system: str
    version: str
    detector: str
    producer_code: str = ""
    propagator_code: str = ""
    opening_text: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """Facts about one release.

    Attributes:
        identifier: unique over all releases, an opaque text; never a person's name.
        created_at: when it was made, timezone-aware.
        nature: generated or manipulated.
        model: name of the model that made it; empty: that of the system.
        oversight: whether a person looked at the result.
    """

    identifier: str
    created_at: datetime
    nature: Nature = Nature.GENERATED
    model: str = ""
    oversight: Oversight = Oversight.PROMPT_GUIDED


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is said about one release, under all profiles that apply.

    Attributes:
        jurisdictions: whose rules were joined.
        fields: what is written into the file, except the AIGC values.
        aigc: the AIGC values in the order of GB 45438-2025; None where no profile asks for them.
        opening: the strictest opening label; None where none is asked for.
        model: name of the model that made it.
        oversight: whether a person looked at the result.
    """

    jurisdictions: tuple[Jurisdiction, ...]
    fields: Mapping[LatentField, str]
    aigc: Mapping[str, str] | None
    opening: OpeningLabel | None
    model: str = ""
    oversight: Oversight = Oversight.PROMPT_GUIDED

    @property
    def sentence(self) -> str:
        """One plain sentence for whoever opens the file's properties."""
        said = self.fields
        made = "Manipulated" if said.get(LatentField.NATURE) == Nature.MANIPULATED else "Generated"
        system = " ".join(filter(None, (said.get(LatentField.SYSTEM, ""), said.get(LatentField.SYSTEM_VERSION, ""))))
        words = f"{made} with AI"
        if LatentField.PROVIDER in said:
            words += f" by {said[LatentField.PROVIDER]}"
        if system:
            words += f" ({system})"
        if LatentField.DETECTOR in said:
            words += f". Check: {said[LatentField.DETECTOR]}"
        return words


@dataclass(frozen=True, slots=True)
class FileMetadata:
    """What a file's unsigned metadata says. Anybody can write it.

    Attributes:
        fields: by the names of `LatentField`.
        aigc: the values of GB 45438-2025; None without them.
        comment: a free text.
    """

    fields: Mapping[str, str]
    aigc: Mapping[str, str] | None
    comment: str

    @property
    def says_ai(self) -> bool:
        """It says that a model made this, or part of it, or may have. Silence says nothing."""
        stated = self.fields.get(LatentField.SOURCE_TYPE, "").rsplit("/", 1)[-1]
        return stated in _AI_SOURCE_TYPES or (self.aigc or {}).get("Label") in _AIGC_LABELS


def source_type(nature: Nature) -> str:
    """The IPTC digital source type: of a model's own work, or of a model's work upon something real."""
    name = "trainedAlgorithmicMedia" if nature is Nature.GENERATED else "compositeWithTrainedAlgorithmicMedia"
    return _VOCABULARY + name


def opening_of(profiles: Sequence[DisclosureProfile], text: str = "") -> OpeningLabel | None:
    """The strictest opening label: longest, largest, and saying what each of them says.

    Args:
        profiles: those that apply.
        text: words to use instead; they must satisfy every profile, which is not checked.
    """
    labels = [profile.opening for profile in profiles if profile.opening is not None]
    if not labels:
        return None
    words = text or " · ".join(dict.fromkeys(label.text for label in labels))
    return OpeningLabel(words, max(label.seconds for label in labels), max(label.height for label in labels))


def disclose(profiles: Sequence[DisclosureProfile], deployment: Deployment, made: Made) -> Disclosure:
    """Say about one release what all these profiles ask: every field that any asks, the strictest opening label.

    Raises:
        InvalidInput: `watermark:disclosure:missing_fact`: a fact that is asked for is empty, longer than 300
            characters or holds control characters, or a time has no zone.
    """
    if made.created_at.tzinfo is None:
        raise _missing(LatentField.CREATED_AT)
    asked = frozenset().union(*(profile.fields for profile in profiles))
    facts = {
        LatentField.SOURCE_TYPE: source_type(made.nature),
        LatentField.NATURE: made.nature.value,
        LatentField.PROVIDER: deployment.provider,
        LatentField.SYSTEM: deployment.system,
        LatentField.SYSTEM_VERSION: deployment.version,
        LatentField.CREATED_AT: made.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        LatentField.IDENTIFIER: made.identifier,
        LatentField.DETECTOR: deployment.detector,
    }
    fields = {name: _fact(name, value) for name, value in facts.items() if name in asked}
    return Disclosure(
        jurisdictions=tuple(profile.jurisdiction for profile in profiles),
        fields=MappingProxyType(fields),
        aigc=_aigc(deployment, made) if LatentField.AIGC in asked else None,
        opening=opening_of(profiles, deployment.opening_text),
        model=made.model or deployment.system,
        oversight=made.oversight,
    )


def _aigc(deployment: Deployment, made: Made) -> Mapping[str, str]:
    """GB 45438-2025, annex E. Label 1 says: this is generated. All seven are there, empty or not."""
    propagator = deployment.propagator_code
    identifier = _fact(LatentField.AIGC, made.identifier)
    values = {
        "Label": "1",
        "ContentProducer": _fact(LatentField.AIGC, deployment.producer_code or deployment.provider),
        "ProduceID": identifier,
        "ReservedCode1": "",
        "ContentPropagator": _fact(LatentField.AIGC, propagator) if propagator else "",
        "PropagateID": identifier if propagator else "",
        "ReservedCode2": "",
    }
    return MappingProxyType(values)


def _fact(name: LatentField, value: str) -> str:
    clean = value.strip()
    if not clean or len(clean) > _MAX_TEXT or not clean.isprintable():
        raise _missing(name)
    return clean


def _missing(name: LatentField) -> InvalidInput:
    return InvalidInput(
        f"the disclosure needs {name.value}",
        code=DisclosureReason.FACT,
        field=name.value,
        limit=f"1 to {_MAX_TEXT} printable characters",
    )
