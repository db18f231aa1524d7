"""Whose a release is, and what each owner may do with it when owners disagree. Pure: no clock, no database.

The rule behind the tables: whoever appears in a video wins over whoever made it, and taking back wins over keeping.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from generator_gateway.errors import GatewayReason
from generator_gateway.ports import Owner, ReleaseState

OBJECTION_DAYS = 7
"""How long owners have to settle an objection among themselves; then staff decide."""


class Role(StrEnum):
    """Why somebody owns a release."""

    REQUESTER = "requester"
    SUBJECT = "subject"


class Right(StrEnum):
    """What is recorded at release for an owner."""

    SEE = "see"
    DOWNLOAD = "download"
    DELETE = "delete"
    WITHDRAW = "withdraw"
    OBJECT = "object"


class Act(StrEnum):
    """What an owner may want to do."""

    SEE = "see"
    DOWNLOAD = "download"
    SHARE = "share"
    REMIX = "remix"
    DELETE = "delete"
    WITHDRAW = "withdraw"
    OBJECT = "object"


REQUESTER_RIGHTS = (Right.SEE.value, Right.DOWNLOAD.value, Right.DELETE.value, Right.WITHDRAW.value)
SUBJECT_RIGHTS = (*REQUESTER_RIGHTS, Right.OBJECT.value)

_NEEDS = {
    Act.SEE: Right.SEE,
    Act.DOWNLOAD: Right.DOWNLOAD,
    Act.SHARE: Right.DOWNLOAD,
    Act.REMIX: Right.DOWNLOAD,
    Act.DELETE: Right.DELETE,
    Act.WITHDRAW: Right.WITHDRAW,
    Act.OBJECT: Right.OBJECT,
}
_ENDING = frozenset({Act.SEE, Act.DELETE, Act.WITHDRAW})
_OPEN: dict[tuple[ReleaseState, Role], frozenset[Act]] = {
    (ReleaseState.RELEASED, Role.REQUESTER): frozenset(Act) - {Act.OBJECT},
    (ReleaseState.RELEASED, Role.SUBJECT): frozenset(Act),
    # Who appears may still look at what is argued about; who made it may only end it.
    (ReleaseState.OBJECTED, Role.REQUESTER): _ENDING,
    (ReleaseState.OBJECTED, Role.SUBJECT): _ENDING | {Act.DOWNLOAD, Act.OBJECT},
    # Staff may yet let it out again; its owners may end it before.
    (ReleaseState.TAKEN_DOWN, Role.REQUESTER): _ENDING,
    (ReleaseState.TAKEN_DOWN, Role.SUBJECT): _ENDING,
    # Nothing brings it back: what is left is to look at what became of it, and to clear it away.
    (ReleaseState.WITHDRAWN, Role.REQUESTER): frozenset({Act.SEE, Act.DELETE}),
    (ReleaseState.WITHDRAWN, Role.SUBJECT): frozenset({Act.SEE, Act.DELETE}),
}


def decide(act: Act, owners: Iterable[Owner], state: ReleaseState) -> GatewayReason | None:
    """Whether somebody may do something with a release.

    Args:
        act: what.
        owners: their entries among its owners, one for each of their roles.
        state: where the release stands.

    Returns:
        None where they may, else why not: it is withdrawn, taken down or objected to, or it was never theirs to do.
    """
    entitled = [owner for owner in owners if _NEEDS[act] in owner.rights]
    if not entitled:
        return GatewayReason.RIGHT_MISSING
    if any(act in _OPEN[state, Role(owner.role)] for owner in entitled):
        return None
    if state is ReleaseState.WITHDRAWN:
        return GatewayReason.RELEASE_WITHDRAWN
    if state is ReleaseState.TAKEN_DOWN:
        return GatewayReason.RELEASE_TAKEN_DOWN
    if state is ReleaseState.OBJECTED:
        return GatewayReason.RELEASE_OBJECTED
    return GatewayReason.RIGHT_MISSING


@dataclass(frozen=True, slots=True)
class Appearing:
    """Somebody who appears in a release, by consent or because the scan of the output recognised them.

    Attributes:
        account_id: who speaks for them.
        modalities: of "face", "voice".
        grant_ids: grants that were used.
    """

    subject_id: str
    account_id: str
    modalities: frozenset[str]
    grant_ids: frozenset[str] = frozenset()


def owners_of(requester: str, appearing: Iterable[Appearing]) -> tuple[Owner, ...]:
    """Everybody who owns a release: its maker first, then each person in it, in order of subject.

    Every account has an equal part, however many of its roles stand there; the part is with the first of them.
    """
    people: dict[str, Appearing] = {}
    for one in appearing:
        known = people.get(one.subject_id)
        people[one.subject_id] = _together(known, one) if known else one
    shown = [people[subject_id] for subject_id in sorted(people)]
    part = Fraction(1, len({requester, *(one.account_id for one in shown)}))
    made = [Owner(requester, Role.REQUESTER.value, REQUESTER_RIGHTS, share=part)]
    counted = {requester}
    for one in shown:
        share = Fraction(0) if one.account_id in counted else part
        counted.add(one.account_id)
        made.append(
            Owner(
                one.account_id,
                Role.SUBJECT.value,
                SUBJECT_RIGHTS,
                one.subject_id,
                tuple(sorted(one.grant_ids)),
                tuple(sorted(one.modalities)),
                share,
            )
        )
    return tuple(made)


def _together(left: Appearing, right: Appearing) -> Appearing:
    return Appearing(
        left.subject_id, left.account_id, left.modalities | right.modalities, left.grant_ids | right.grant_ids
    )


def canonical(case_id: str, owners: Iterable[Owner], pseudonym: Callable[[str], str]) -> str:
    """The list of owners as the ledger has its digest: JSON with sorted keys, no spaces, ASCII.

    People stand there by the pseudonyms that the release's credential names them by: a maker by their account's, who
    appears by their subject's.
    """
    listed = sorted(
        (
            {
                "owner": pseudonym(owner.subject_id or owner.account_id),
                "role": owner.role,
                "rights": sorted(owner.rights),
                "modalities": sorted(owner.modalities),
                "share": f"{owner.share.numerator}/{owner.share.denominator}",
            }
            for owner in owners
        ),
        key=lambda entry: (str(entry["role"]), str(entry["owner"])),
    )
    return json.dumps({"case": case_id, "owners": listed}, sort_keys=True, separators=(",", ":"))


def digest_of(text: str) -> str:
    """SHA-256, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()
