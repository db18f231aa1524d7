"""The use cases of consent, over ports."""

from consent_registry.service.asking import Asking
from consent_registry.service.enrolment import Enrolment, check_counts
from consent_registry.service.granting import Granting
from consent_registry.service.parts import RegistryParts
from consent_registry.service.people import People

__all__ = ["Asking", "Enrolment", "Granting", "People", "RegistryParts", "check_counts"]
