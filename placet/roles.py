"""What each role may do. Permissions are ``area:action``; routes name them, and a test holds the two together."""

from collections.abc import Mapping

_EVERYBODY = frozenset({"key:manage", "notice:manage", "webhook:manage"})
_REQUESTER = frozenset({"video:create", "video:read", "video:delete", "video:share"})
_SUBJECT = frozenset({"likeness:manage", "video:read", "video:delete", "video:share"})
_RIGHTS_HOLDER = frozenset({"optout:read", "optout:write"})
_REVIEWER = frozenset(
    {
        "case:read",
        "case:decide",
        "report:read",
        "cameo:attest",
        "blocklist:read",
        "optout:read",
        "optout:activate",
        "feedback:read",
    }
)
_ADMIN = frozenset(
    {"account:write", "blocklist:write", "delivery:manage", "lockdown:set", "likeness:administer", "optout:write"}
)

ROLES: Mapping[str, frozenset[str]] = {
    "requester": _EVERYBODY | _REQUESTER,
    "subject": _EVERYBODY | _SUBJECT,
    "rights_holder": _EVERYBODY | _RIGHTS_HOLDER,
    "reviewer": _EVERYBODY | _REVIEWER,
    "admin": _EVERYBODY | _REQUESTER | _SUBJECT | _RIGHTS_HOLDER | _REVIEWER | _ADMIN,
}
