"""What happens to notices and to the videos they are about; who has it happen stands in the neighbouring modules."""

import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from copyright_optout.domain import NoticeEvent, NoticeFault, NoticeTold
from copyright_optout.domain.notice_clocks import ClockTerms, clocks_of, next_act, next_look
from copyright_optout.domain.notices import (
    CounterTexts,
    FoundBy,
    Located,
    Notice,
    NoticeState,
    Texts,
)
from copyright_optout.ports import Outbox, Record, Staff
from copyright_optout.ports.notices import NoticeMail, NoticeStore, Seal, Takedowns, Videos
from copyright_optout.service.staydown import StayDown
from copyright_optout.service.telling import DECIDES
from trust_kernel.clock import Clock
from trust_kernel.errors import Conflict, NotFound, NotPermitted

SYSTEM = "system"
"""Who acts where nobody does."""
_ITSELF = "notice"
"""Part of the texts that is the notice's own; counter-notices stand under their ids."""
_SIGNED_BYTES = 16
_AT_ONCE = 500
"""Videos of one batch: a batch is one transaction, and lists them all."""


class NoticeLinks:
    """Private links to notices: whoever holds one sees it, completes it and withdraws it.

    Args:
        key: secret bytes.
        public_url: where this deployment is reached.
    """

    def __init__(self, key: bytes, public_url: str) -> None:
        self._key = key
        self._base = public_url.rstrip("/") + "/notice/"

    def url(self, notice_id: str) -> str:
        """The link."""
        return self._base + self.token(notice_id)

    def token(self, notice_id: str) -> str:
        """What the link ends in."""
        return f"{notice_id}.{self._sign(notice_id)}"

    def read(self, token: str) -> str:
        """The notice of a token; raises NotFound where it is not one of ours."""
        notice_id, _, signed = token.partition(".")
        if not hmac.compare_digest(signed.encode(), self._sign(notice_id).encode()):
            raise unknown_notice()
        return notice_id

    def _sign(self, notice_id: str) -> str:
        return hmac.new(self._key, notice_id.encode(), hashlib.sha256).hexdigest()[: 2 * _SIGNED_BYTES]


@dataclass(frozen=True, slots=True)
class NoticeParts:
    """What notices need.

    Attributes:
        terms: what runs how long.
        keep: for how long what was written is kept after a notice ended.
        acts_by_itself: whether the site takes down and gives back at the last moment where nobody decided.
    """

    store: NoticeStore
    seal: Seal
    videos: Videos
    takedowns: Takedowns
    staydown: StayDown
    mail: NoticeMail
    links: NoticeLinks
    record: Record
    outbox: Outbox
    staff: Staff
    clock: Clock
    terms: ClockTerms
    keep: timedelta
    acts_by_itself: bool = True


class NoticeSteps:
    """The steps that a notice takes, each inside the caller's transaction."""

    def __init__(self, parts: NoticeParts) -> None:
        self.parts = parts

    # --- rows and texts

    def found(self, notice_id: str) -> Notice:
        """A notice; raises NotFound."""
        return _there(self.parts.store.get(notice_id))

    def locked(self, notice_id: str) -> Notice:
        """A notice, locked; raises NotFound."""
        return _there(self.parts.store.get(notice_id, lock=True))

    def kept(self, notice: Notice) -> Notice:
        """Keep a changed notice, with its next clock, and when the worker has to look at it."""
        parts = self.parts
        due = min((clock.due for clock in clocks_of(notice, parts.terms)), default=None)
        look = next_look(next_act(notice, parts.terms), parts.terms, warned=False)
        parts.store.replace(notice, due=due, look=look)
        return notice

    def write(self, notice_id: str, texts: Texts | CounterTexts, part: str = _ITSELF) -> str:
        """Keep what was written, sealed; gives its SHA-256, by which it can be proven later."""
        plain = json.dumps(asdict(texts), ensure_ascii=False, sort_keys=True).encode()
        self.parts.store.keep_text(notice_id, part, self.parts.seal.seal(notice_id, plain, f"notice/{part}"))
        return hashlib.sha256(plain).hexdigest()

    def texts(self, notice_id: str) -> Texts | None:
        """What a notice says; None where that is not kept any more."""
        fields = self._opened(notice_id, _ITSELF)
        if fields is None:
            return None
        places = tuple(fields.pop("places"))
        return Texts(**fields, places=places)

    def counter_texts(self, notice_id: str, counter_id: str) -> CounterTexts | None:
        """What a counter-notice says; None where that is not kept any more."""
        fields = self._opened(notice_id, counter_id)
        return None if fields is None else CounterTexts(**fields)

    def _opened(self, notice_id: str, part: str) -> dict[str, str] | None:
        sealed = self.parts.store.text(notice_id, part)
        if sealed is None:
            return None
        fields: dict[str, str] = json.loads(self.parts.seal.open(notice_id, sealed, f"notice/{part}"))
        return fields

    def check_disinterested(self, notice: Notice, by: str) -> None:
        """Raises NotPermitted for whoever gave the notice, or owns one of its videos."""
        owners = self.parts.videos.owners(notice.case_ids)
        if by == notice.account_id or any(by in accounts for accounts in owners.values()):
            raise NotPermitted("somebody else has to decide about what concerns you", code=NoticeFault.OWN)

    # --- videos

    def take_down(self, notice_id: str, by: str) -> Notice:
        """Take the videos and their known identical copies down, and stop what is like them from now on.

        Raises:
            NotFound: there is no such notice.
            IllegalMove: it is not VALID.
            Conflict: staff added a video while copies of the others were looked for.
        """
        parts = self.parts
        # Searching takes a while; nothing is locked meanwhile.
        named = self.found(notice_id).videos
        copies = parts.videos.copies([video.case_id for video in named])
        prints = {video.case_id: parts.videos.fingerprints(video.case_id) for video in (*named, *copies)}
        with parts.store.transaction():
            acted = self.locked(notice_id).to(NoticeState.ACTED, parts.clock.now())
            if acted.videos != named:
                raise Conflict("a video was added meanwhile: try again", code=NoticeFault.STATE, field="videos")
            videos = joined(named, copies)
            parts.takedowns.lock([video.case_id for video in videos])
            # Claims are locked before the ledger's head, which every batch writes to.
            claim_id, references = parts.staydown.stop(acted, prints, by)
            down = self._batched(acted, videos, by)
            done = replace(
                acted,
                acted_at=acted.changed_at,
                claim_id=claim_id,
                videos=tuple(replace(one, reference_id=references.get(one.case_id, "")) for one in down),
            )
            parts.record.append(NoticeEvent.ACTED, ledger_body(done, actor=by, videos=len(done.videos)))
            self.tell(NoticeEvent.ACTED, done)
            self._tell_owners(done)
            return self.kept(done)

    def _batched(self, notice: Notice, videos: Sequence[Located], by: str) -> list[Located]:
        """Videos with the same owners go into one batch, so that each owner's can be given back alone."""
        parts = self.parts
        ids = [video.case_id for video in videos]
        owners = parts.videos.owners(ids)
        groups: dict[tuple[str, ...], list[str]] = {}
        for case_id in ids:
            groups.setdefault(tuple(sorted(owners.get(case_id, ()))), []).append(case_id)
        until = notice.changed_at + parts.terms.undo
        batch_of: dict[str, str] = {}
        for theirs in groups.values():
            for some in (theirs[at : at + _AT_ONCE] for at in range(0, len(theirs), _AT_ONCE)):
                cause = notice.statute.cause.value
                batch = parts.takedowns.take_down(some, cause=cause, about=notice.id, by=by, until=until)
                batch_of |= dict.fromkeys(some, batch)
        return [replace(video, batch_id=batch_of[video.case_id]) for video in videos]

    def give_back(self, notice: Notice, case_ids: Collection[str], by: str) -> Notice:
        """Give videos back and no longer stop what is like them; of a batch all or none. The notice is not kept yet."""
        changed, batches = self._let_go(notice, case_ids, by)
        for batch_id in sorted(batches):
            self.parts.takedowns.restore(batch_id, by=by)
        return changed

    def spare(self, notice: Notice, case_ids: Collection[str], by: str) -> tuple[Notice, frozenset[str]]:
        """As `give_back`, but of a batch only what is named; also gives what nothing else had withdrawn."""
        changed, batches = self._let_go(notice, case_ids, by)
        given = [self.parts.takedowns.spare(batch_id, theirs, by=by) for batch_id, theirs in sorted(batches.items())]
        return changed, frozenset(case_id for some in given for case_id in some)

    def _let_go(self, notice: Notice, case_ids: Collection[str], by: str) -> tuple[Notice, dict[str, list[str]]]:
        """Lock it all, batches before videos before claims before the ledger's head, and stop nothing any more.

        Gives the notice as it is to be kept, and what has still to come out, by batch.
        """
        parts, now = self.parts, self.parts.clock.now()
        back = [video for video in notice.down if video.case_id in case_ids]
        batches: dict[str, list[str]] = {}
        for video in back:
            batches.setdefault(video.batch_id, []).append(video.case_id)
        given = {video.case_id for video in back}
        parts.takedowns.lock(given, batches)
        for video in back:
            parts.staydown.spare(notice.claim_id, video.reference_id)
        videos = tuple(replace(one, restored_at=now) if one.case_id in given else one for one in notice.videos)
        changed = replace(notice, videos=videos)
        if not changed.down:
            parts.staydown.end(notice.claim_id, by)
        return changed, batches

    def undone(self, notice: Notice, state: NoticeState, by: str) -> Notice:
        """The notice in a state that it ends in, with everything given back."""
        return self.give_back(notice.to(state, self.parts.clock.now()), notice.case_ids, by)

    def hold(self, notice: Notice, until: datetime) -> None:
        """Have what is down stay undoable until a moment."""
        for batch_id in sorted({video.batch_id for video in notice.down}):
            self.parts.takedowns.keep(batch_id, until)

    # --- telling

    def tell(self, kind: NoticeEvent, notice: Notice, **payload: str | int | bool | None) -> None:
        """Tell whoever gave notice, where they have an account; others find it under their link, and by mail."""
        if notice.account_id is not None:
            self.parts.outbox.emit(kind, notice.account_id, {"notice_id": notice.id, **payload})

    def ask_staff(self, notice: Notice, due: datetime) -> None:
        """Tell those who decide that a notice waits for them."""
        for account_id in sorted(self.parts.staff.who_may(DECIDES)):
            self.parts.outbox.emit(NoticeTold.WAITING, account_id, _said_of(notice, due))

    def warn_staff(self, notice: Notice, due: datetime) -> None:
        """Tell those who decide that something runs out."""
        for account_id in sorted(self.parts.staff.who_may(DECIDES)):
            self.parts.outbox.emit(NoticeTold.DUE, account_id, _said_of(notice, due))

    def _tell_owners(self, notice: Notice) -> None:
        """Tell owners that they can see the notice; the take-down itself they are told by the batch."""
        for case_id, accounts in sorted(self.parts.videos.owners([one.case_id for one in notice.down]).items()):
            for account_id in sorted(set(accounts)):
                payload = {"notice_id": notice.id, "video_id": case_id, "code": notice.statute.cause.value}
                self.parts.outbox.emit(NoticeTold.TAKEN_DOWN, account_id, payload)


def joined(videos: Iterable[Located], more: Iterable[Located]) -> tuple[Located, ...]:
    """Videos, each once; of one that was found twice the first."""
    once: dict[str, Located] = {}
    for video in (*videos, *more):
        once.setdefault(video.case_id, video)
    return tuple(once.values())


def of_staff(videos: Iterable[Located]) -> list[Located]:
    """Videos as found by staff."""
    return [replace(video, by=FoundBy.STAFF) for video in videos]


def ledger_body(notice: Notice, **facts: str | int) -> Mapping[str, str | int]:
    """What the ledger says of a notice: codes and counts, and digests."""
    return {"notice": notice.id, "statute": notice.statute.value, "state": notice.state.value, **facts}


def _said_of(notice: Notice, due: datetime) -> dict[str, str | int | bool | None]:
    return {"notice_id": notice.id, "code": notice.statute.cause.value, "until": due.isoformat()}


def unknown_notice() -> NotFound:
    """There is no such notice, or it is not for the caller to see."""
    return NotFound("there is no such notice", code=NoticeFault.UNKNOWN, field="notice_id")


def _there(notice: Notice | None) -> Notice:
    if notice is None:
        raise unknown_notice()
    return notice
