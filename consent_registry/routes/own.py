"""Whose things somebody may touch.

Whoever is neither the subject's own account, nor a minor's guardian, nor an administrator is told that there is no
such thing.
"""

from consent_registry.api import ConsentRegistry
from consent_registry.domain import ConsentFault, Grant, Subject
from trust_kernel.errors import NotFound
from trust_kernel.web.access import Actor

MANAGE = "likeness:manage"
"""One's own likeness, grants and follows."""
ADMINISTER = "likeness:administer"
"""Anybody's."""
ATTEST = "cameo:attest"
"""Staff who vouch that a recording shows its subject."""


def own(registry: ConsentRegistry, subject_id: str, actor: Actor) -> Subject:
    """A subject that the caller may see; to anybody else there is none."""
    subject = registry.subject(subject_id)
    mine = actor.account_id == subject.account_id or actor.account_id in registry.guardians(subject_id)
    if not mine and ADMINISTER not in actor.permissions:
        # word for word what a subject that is not there is answered with
        raise NotFound("there is no such subject", code=ConsentFault.SUBJECT_UNKNOWN)
    return subject


def own_grant(registry: ConsentRegistry, grant_id: str, actor: Actor) -> Grant:
    """A grant that the caller may see; to anybody else there is none."""
    grant = registry.grant_named(grant_id)
    try:
        own(registry, grant.subject_id, actor)
    except NotFound as error:
        raise NotFound("there is no such grant", code=ConsentFault.GRANT_UNKNOWN) from error
    return grant
