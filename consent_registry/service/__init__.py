"""The use cases of consent, over ports."""

from consent_registry.service.asking import Asking, Using
from consent_registry.service.enrolment import Enrolment, check_counts
from consent_registry.service.granting import Granting
from consent_registry.service.groups import Groups
from consent_registry.service.leaving import Leaving
from consent_registry.service.parts import RegistryParts
from consent_registry.service.people import People
from consent_registry.service.receipts import Receipts
from consent_registry.service.safety import Safety

__all__ = [
    "Asking",
    "Enrolment",
    "Granting",
    "Groups",
    "Leaving",
    "People",
    "Receipts",
    "RegistryParts",
    "Safety",
    "Using",
    "check_counts",
]
