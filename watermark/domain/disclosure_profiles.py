"""The profiles: what the European Union, California and China ask, and the baseline of IPTC and C2PA.

Facts as of November 2026. Each profile names its rules, what no file can fulfil, and what could not be checked.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from trust_kernel.errors import InvalidInput
from watermark.domain.disclosure import DisclosureProfile, DisclosureReason, Jurisdiction, LatentField, Rule
from watermark.domain.marks import OpeningLabel

_PROVENANCE = frozenset(LatentField) - {LatentField.AIGC}
_AI_OFFICE = "https://digital-strategy.ec.europa.eu/en/policies/code-practice-ai-generated-content"

WORLD = DisclosureProfile(
    Jurisdiction.WORLD,
    "Baseline: IPTC and C2PA",
    frozenset(
        {
            LatentField.SOURCE_TYPE,
            LatentField.NATURE,
            LatentField.SYSTEM,
            LatentField.SYSTEM_VERSION,
            LatentField.CREATED_AT,
            LatentField.IDENTIFIER,
        }
    ),
    None,
    "Nothing is asked; a visible mark is drawn unless a policy says otherwise.",
    (
        Rule(
            "IPTC Photo Metadata Standard 2025.1",
            "Digital Source Type, AI System Used, AI System Version Used",
            "",
            "https://www.iptc.org/std/photometadata/specification/",
        ),
        Rule(
            "C2PA Technical Specification 2.4",
            "c2pa.actions, c2pa.ai-disclosure",
            "",
            "https://spec.c2pa.org/specifications/specifications/2.4/specs/C2PA_Specification.html",
        ),
    ),
    (),
    ("C2PA 2.4: the field names of c2pa.ai-disclosure were taken from published software, not from the text.",),
)

EU = DisclosureProfile(
    Jurisdiction.EU,
    "European Union: AI Act, article 50",
    _PROVENANCE,
    # The code names no least time or size that could be checked: 2 s and 5 % are what China asks.
    OpeningLabel("AI GENERATED", 2.0, 0.05),
    "Deep fakes are labelled at first sight: the letters AI, unobstructed, at the start and again later.",
    (
        Rule(
            "Regulation (EU) 2024/1689 (AI Act)",
            "article 50(2): machine-readable marks; 50(4): deep fakes are disclosed; 50(5): at first exposure",
            "2026-08-02",
            "https://eur-lex.europa.eu/eli/reg/2024/1689/oj",
        ),
        Rule(
            "Code of Practice on Transparency of AI-Generated Content, 10 June 2026 (voluntary)",
            "section 1: signed metadata and an imperceptible mark, a free detector; section 2: labels",
            "2026-08-02",
            _AI_OFFICE,
        ),
    ),
    (
        "Whoever publishes a deep fake must disclose it themselves (50(4)); sound alone needs a spoken notice.",
        "The detector must be free, reachable and stay up; keep it running.",
        "Nobody may strip the marks; say so in the terms of use.",
        "The label and the detector must meet accessibility law.",
    ),
    (
        "The code was read through reports about it, not in its own words: placement, wording and the EU icons.",
        "Length and size of the label at the start: the figures are China's.",
    ),
)

CALIFORNIA = DisclosureProfile(
    Jurisdiction.CALIFORNIA,
    "California: AI Transparency Act (SB 942)",
    _PROVENANCE,
    None,
    "Users must be offered a clear, lasting visible disclosure; Placet's moving mark is one and is on by default.",
    (
        Rule(
            "California Business and Professions Code, SB 942 (2024) as amended by AB 853 (2025)",
            "22757.2: free tool; 22757.3(a): visible option; 22757.3(b): provider, system, version, time, identifier",
            "2026-08-02",
            "https://leginfo.legislature.ca.gov/faces/billNavClient.xhtml?bill_id=202320240SB942",
        ),
    ),
    (
        "Binds providers with more than 1,000,000 monthly users; whether you are one is yours to know.",
        "Licences of the system must keep the disclosures on, and end within 96 hours where they are taken off.",
        "Duties of large platforms (2027) and of makers of cameras (2028).",
    ),
    (),
)

CHINA = DisclosureProfile(
    Jurisdiction.CHINA,
    "China: labelling measures and GB 45438-2025",
    _PROVENANCE | {LatentField.AIGC},
    OpeningLabel("AI生成", 2.0, 0.05),
    "A label at the start for at least 2 s, letters at least 5 % of the shorter side, saying AI and generated.",
    (
        Rule(
            "Measures for Labelling AI-Generated and Synthetic Content (CAC and others, 7 March 2025)",
            "articles 4 and 5: explicit and implicit labels; 6: platforms",
            "2025-09-01",
            "https://www.cac.gov.cn/2025-03/14/c_1743654684782215.htm",
        ),
        Rule(
            "GB 45438-2025",
            "video label; annexes E and F: metadata under the key AIGC",
            "2025-09-01",
            "https://openstd.samr.gov.cn/bzgk/gb/",
        ),
        Rule(
            "TC260-PG-20258A, practice guide on implicit labels in file metadata",
            "MP4: key AIGC in moov/udta/meta; XMP: AIGC in http://www.tc260.org.cn/ns/AIGC/1.0/",
            "",
            "https://www.tc260.org.cn/front/postDetail.html?id=20250828165129",
        ),
    ),
    (
        "The producer's code (ContentProducer) must be your own; without one the provider's name is written.",
        "Whoever distributes the file fills in ContentPropagator and PropagateID; ReservedCode1 and 2 stay empty.",
        "Registration, the user agreement and keeping logs where a user asks for an unlabelled copy (article 9).",
    ),
    (
        "Standard and guide were read through reports and published software, not in their own words.",
        "So unchecked: numbers of paragraphs, the places in MP4 and XMP, that Label 1 says: is AI-generated.",
        "The form of producer codes: published files hold 27 characters; it is not checked.",
    ),
)

PROFILES: Mapping[Jurisdiction, DisclosureProfile] = MappingProxyType(
    {profile.jurisdiction: profile for profile in (WORLD, EU, CALIFORNIA, CHINA)}
)
"""Every profile there is."""


def profiles_named(names: Sequence[str]) -> tuple[DisclosureProfile, ...]:
    """The profiles of these jurisdictions, the baseline always first, each once.

    Raises:
        InvalidInput: `watermark:disclosure:unknown_profile`.
    """
    chosen = {Jurisdiction.WORLD: WORLD}
    for name in names:
        try:
            profile = PROFILES[Jurisdiction(name)]
        except ValueError as error:
            known = ", ".join(Jurisdiction)
            raise InvalidInput(
                f"there is no disclosure profile {name!r}, only {known}",
                code=DisclosureReason.PROFILE,
                field="profile",
                limit=known,
            ) from error
        chosen[profile.jurisdiction] = profile
    return tuple(chosen.values())
