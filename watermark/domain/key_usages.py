"""Extended key usages of certificates, as dotted strings: RFC 5280 (4.2.1.12), RFC 9336, and the C2PA's own."""

CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"
"""The C2PA's, for signers of claims (C2PA 2.4, 14.5)."""
EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"
TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
ANY_USAGE = "2.5.29.37.0"
