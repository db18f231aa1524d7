"""What notices need of their surroundings."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from copyright_optout.domain.notice_mails import MailStanding
from copyright_optout.domain.notices import Located, Notice, NoticeState, Statute
from trust_kernel.delivery.domain import Answer

Place = tuple[datetime, str]
"""Where a notice stands in a queue: a moment, and its id."""


class NoticeStore(Protocol):
    """Notices, in the database; what was written in them stands apart, sealed."""

    def transaction(self) -> AbstractContextManager[object]:
        """One unit of work; joins one that is open."""
        ...

    def add(self, notice: Notice) -> None:
        """Keep a new one."""
        ...

    def get(self, notice_id: str, *, lock: bool = False) -> Notice | None:
        """One, locked until the transaction ends if asked."""
        ...

    def replace(self, notice: Notice, *, due: datetime | None, look: datetime | None) -> None:
        """Keep a changed one, when the first of its clocks runs out, and when it is to be looked at; None for never."""
        ...

    def page(
        self,
        *,
        states: Collection[NoticeState] = (),
        statute: Statute | None = None,
        account_id: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[Notice]:
        """Notices, newest first; of one account, where it is named."""
        ...

    def about(self, case_ids: Collection[str]) -> Sequence[Notice]:
        """Notices that were acted on and are about some of these videos, newest first."""
        ...

    def running(self, after: Place | None, limit: int) -> Sequence[tuple[Place, Notice]]:
        """Those of which a clock runs, each with its place: the next to run out first, from behind a place on."""
        ...

    def to_look_at(self, until: datetime, after: Place | None, limit: int) -> Sequence[Place]:
        """Places of those that are to be looked at by a moment, the longest due first, from behind a place on."""
        ...

    def look_again(self, notice_id: str, at: datetime | None) -> None:
        """Note when one is to be looked at next; None for never."""
        ...

    def warned(self, notice_id: str, due: datetime) -> bool:
        """Note that staff were warned that something is due; False where that was noted before."""
        ...

    def ended(self, before: datetime, limit: int) -> Sequence[str]:
        """Ids of those that ended, or lacked something, before a moment, and whose texts are still kept."""
        ...

    def unmailed(self, now: datetime, limit: int) -> Sequence[Notice]:
        """Notices without an account whose state is to be mailed now: those that wait longest first."""
        ...

    def mailed(self, notice_id: str, state: NoticeState) -> None:
        """Note that a state was mailed."""
        ...

    def not_mailed(self, notice_id: str, state: NoticeState, standing: MailStanding) -> None:
        """Note that a state could not be mailed; nothing where the notice is in another state by now."""
        ...

    def mail(self, notice_id: str) -> MailStanding:
        """How far mailing its present state has come; raises NotFound."""
        ...

    def keep_text(self, notice_id: str, part: str, sealed: bytes) -> None:
        """Keep what was written, in place of what this part was before."""
        ...

    def text(self, notice_id: str, part: str) -> bytes | None:
        """What was written; None where it is not kept."""
        ...

    def drop_texts(self, notice_id: str) -> None:
        """Forget what was written, all parts."""
        ...


class Seal(Protocol):
    """Encrypts texts under a key for each notice."""

    def seal(self, key_id: str, plaintext: bytes, context: str) -> bytes:
        """Encrypt."""
        ...

    def open(self, key_id: str, sealed: bytes, context: str) -> bytes:
        """Decrypt; raises NotFound once the key was destroyed."""
        ...

    def shred(self, key_id: str) -> None:
        """Destroy a key."""
        ...


class Videos(Protocol):
    """Knows the videos that went out."""

    def locate(self, places: Sequence[str]) -> Sequence[Located]:
        """Videos that ids, share links, addresses and SHA-256 digests lead to, each once.

        What leads nowhere is left out. Videos that are not shown any more are found like others.
        """
        ...

    def recognise(self, path: Path) -> Sequence[Located]:
        """Videos that a file comes from: by its digest, its marks and its fingerprints.

        Raises:
            InvalidInput: the file cannot be decoded.
        """
        ...

    def copies(self, case_ids: Collection[str]) -> Sequence[Located]:
        """Identical copies of videos among all that went out: of the same bytes, or of the same pictures throughout."""
        ...

    def fingerprints(self, case_id: str) -> Sequence[str]:
        """PDQ hashes of a video's frames in time order, hex; none where none are kept."""
        ...

    def owners(self, case_ids: Collection[str]) -> Mapping[str, Sequence[str]]:
        """By video, the accounts that own it, whoever asked for it first."""
        ...

    def owned(self, account_id: str) -> Collection[str]:
        """Videos that an account owns."""
        ...

    def withdrawn(self, case_ids: Collection[str]) -> Collection[str]:
        """Which of these are withdrawn for good, by whomever: nothing brings them back."""
        ...

    def identical(self, case_id: str, others: Collection[str]) -> Collection[str]:
        """Which of a few other videos are identical copies of one, as `copies` has it."""
        ...


class Takedowns(Protocol):
    """Takes videos down so that they can be given back."""

    def lock(self, case_ids: Collection[str], batch_ids: Collection[str] = ()) -> None:
        """Lock batches and then videos, each in order of id, until the caller's transaction ends.

        Each later step with one of them waits for nobody then, so that several batches can be changed at once.
        """
        ...

    def take_down(self, case_ids: Collection[str], *, cause: str, about: str, by: str, until: datetime) -> str:
        """Take videos down, in the caller's transaction, and tell their owners; gives the batch's id.

        Videos that are not out are left as they are; an empty id where none is.

        Args:
            case_ids: which.
            cause: reason code.
            about: the notice.
            by: account that decided, or "system".
            until: how long it can be undone.
        """
        ...

    def restore(self, batch_id: str, *, by: str) -> None:
        """Give back what a batch took down and nothing else holds down or withdrew; nothing where that was done."""
        ...

    def spare(self, batch_id: str, case_ids: Collection[str], *, by: str) -> Collection[str]:
        """Give back some of what a batch took down; gives what of it nothing has withdrawn."""
        ...

    def contested(self, batch_ids: Collection[str]) -> bool:
        """Whether an appeal about one of these batches is open."""
        ...

    def keep(self, batch_id: str, until: datetime) -> None:
        """Have a batch stay undoable until a moment, because something is undecided."""
        ...

    def finalise(self, batch_id: str, *, by: str) -> None:
        """Let what a batch took down stay down for good; nothing where that was done."""
        ...


class NoticeMail(Protocol):
    """Writes to people without an account."""

    @property
    def is_there(self) -> bool:
        """Whether mails are sent at all."""
        ...

    def send(self, address: str, name: str, notice: Notice, link: str) -> Answer:
        """Say where a notice stands, with the private link; what the server said."""
        ...
