"""Is this video AI-made, and do the people in it still agree? Evidence kept apart; one plain sentence first.

What is found is said, with how sure it is; what is not found is never turned into "not AI".
"""

from generator_gateway.service.verification.desk import VerificationDesk
from generator_gateway.service.verification.reporting import ReportDesk, ReportTerms
from generator_gateway.service.verification.sources import Examines, ReadsMarks, Sources

__all__ = ["Examines", "ReadsMarks", "ReportDesk", "ReportTerms", "Sources", "VerificationDesk"]
