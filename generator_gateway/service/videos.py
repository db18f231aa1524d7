"""What clients do with videos: ask for one, look, download, delete."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

from consent_registry.api import Context, Purpose, Use, check_use
from generator_gateway.errors import GatewayReason
from generator_gateway.pipeline import withdraw
from generator_gateway.ports import CaseShelf, CaseSummary, Cause, Queue, Recall, ReleaseRecord, Releases
from generator_gateway.ports.ownership import HiddenVideos
from generator_gateway.service.entitlement import entitle
from generator_gateway.service.owning import Act
from generator_gateway.service.rendering import Identifies
from generator_gateway.stages import Reference, Request
from trust_kernel.clock import Clock
from trust_kernel.db import Database
from trust_kernel.errors import Conflict, InvalidInput, NotFound
from trust_kernel.ids import new_id
from trust_kernel.media.blobs import Blobs
from trust_kernel.media.refs import MediaLimits

MAX_PROMPT = 32_000
DEFAULT_SECONDS = "4"
DEFAULT_SIZE = "720x1280"
Term = TypeVar("Term", Purpose, Context)
_WHOLE = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewVideo:
    """What a client sent, before it was checked.

    Attributes:
        seconds: a whole number as text, as the videos API has it.
        size: "1280x720".
        references: media as local files, which the caller deletes.
        characters: cameo ids.
        purpose: what it is for; a word of `Purpose`.
        territories: where it is to be shown; empty for everywhere.
        languages: what is to be spoken; empty for any.
        contexts: what it shows; words of `Context`.
    """

    prompt: str
    model: str
    seconds: str = DEFAULT_SECONDS
    size: str = DEFAULT_SIZE
    references: tuple[Path, ...] = ()
    characters: tuple[str, ...] = ()
    remix_of: str | None = None
    purpose: str = "personal"
    territories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class VideoRules:
    """What may be asked for.

    Attributes:
        models: names that clients may use.
        sizes: (width, height) in pixels by name.
        max_seconds: longest video.
        reference: limits of an input reference.
    """

    models: frozenset[str]
    sizes: dict[str, tuple[int, int]]
    max_seconds: int
    reference: MediaLimits


class VideoDesk:
    """Takes requests in and hands videos out.

    Args:
        hidden: what owners deleted for themselves.
        blobs: where references, drafts and releases lie.
        queue: told of every new case.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        cases: CaseShelf,
        releases: Releases,
        hidden: HiddenVideos,
        recall: Recall,
        blobs: Blobs,
        identifier: Identifies,
        queue: Queue,
        rules: VideoRules,
    ) -> None:
        self._database = database
        self._clock = clock
        self._cases = cases
        self._releases = releases
        self._hidden = hidden
        self._recall = recall
        self._blobs = blobs
        self._identifier = identifier
        self._queue = queue
        self._rules = rules

    def submit(self, account_id: str, new: NewVideo, idempotency_key: str | None = None) -> CaseSummary:
        """Check a request, keep it, put it on the queue.

        Raises:
            InvalidInput: names the field and the limit.
            NotFound: the parent of a remix is not the caller's to see.
            Conflict: the parent is not finished, or the idempotency key was used for another request.
            Gone: the parent was withdrawn or taken down.
        """
        request = self._request(account_id, new)
        digest = _digest(request) if idempotency_key else None
        case, fresh = self._cases.accept(request, idempotency_key, digest)
        if fresh:
            self._queue.enqueue(case.id)
        return case

    def _request(self, account_id: str, new: NewVideo) -> Request:
        if not 1 <= len(new.prompt) <= MAX_PROMPT or not new.prompt.strip():
            raise InvalidInput(
                f"the prompt has {len(new.prompt)} characters",
                code=GatewayReason.PROMPT_LENGTH,
                field="prompt",
                limit=f"1 to {MAX_PROMPT} characters",
            )
        if new.model not in self._rules.models:
            known = ", ".join(sorted(self._rules.models))
            raise InvalidInput("there is no such model", code=GatewayReason.MODEL_UNKNOWN, field="model", limit=known)
        width, height = self._size(new.size)
        if new.remix_of is not None:
            self._parent(account_id, new.remix_of)
        use = _use(new)
        case_id = new_id("video")
        return Request(
            case_id=case_id,
            account_id=account_id,
            prompt=new.prompt,
            model=new.model,
            seconds=self._seconds(new.seconds),
            width=width,
            height=height,
            seed=_seed(new),
            references=tuple(self._reference(path) for path in new.references),
            characters=new.characters,
            remix_of=new.remix_of,
            purpose=use.purpose.value,
            territories=tuple(sorted(use.territories)),
            languages=tuple(sorted(use.languages)),
            contexts=tuple(sorted(use.contexts)),
        )

    def _size(self, size: str) -> tuple[int, int]:
        try:
            return self._rules.sizes[size]
        except KeyError:
            raise InvalidInput(
                "this size is not made",
                code=GatewayReason.SIZE_UNSUPPORTED,
                field="size",
                limit=", ".join(self._rules.sizes),
            ) from None

    def _seconds(self, seconds: str) -> int:
        if not (_WHOLE.fullmatch(seconds) and int(seconds) <= self._rules.max_seconds):
            raise InvalidInput(
                "seconds must be a whole number within the limit",
                code=GatewayReason.SECONDS_UNSUPPORTED,
                field="seconds",
                limit=f"1 to {self._rules.max_seconds}",
            )
        return int(seconds)

    def _reference(self, path: Path) -> Reference:
        media = self._identifier.identify(path, self._rules.reference)
        self._blobs.put_file(path)
        return Reference(new_id("ref"), media)

    def _parent(self, account_id: str, parent_id: str) -> None:
        parent = self.see(account_id, parent_id)
        if parent.status != "completed":
            raise Conflict("only a finished video can be remixed", code=GatewayReason.CASE_UNFINISHED, field="video_id")
        release = self._releases.find(parent_id)
        if release is None:
            raise Conflict("only a finished video can be remixed", code=GatewayReason.CASE_UNFINISHED, field="video_id")
        entitle(Act.REMIX, release, account_id)

    def see(self, account_id: str, case_id: str) -> CaseSummary:
        """A case that this account may see: its own, or one that it co-owns. Anything else does not exist."""
        case = self._cases.get(case_id)
        gone = case.deleted_at is not None or self._hidden.is_hidden(case_id, account_id)
        if gone or not self._may_see(account_id, case):
            raise NotFound("there is no such video", code=GatewayReason.VIDEO_UNKNOWN)
        return case

    def _may_see(self, account_id: str, case: CaseSummary) -> bool:
        if account_id == case.account_id:
            return True
        release = self._releases.find(case.id)
        return release is not None and bool(release.roles_of(account_id))

    def release_of(self, case_id: str) -> ReleaseRecord | None:
        """The release of a case, as it stands this moment."""
        return self._releases.find(case_id)

    def releases_of(self, case_ids: Sequence[str]) -> Mapping[str, ReleaseRecord]:
        """The releases of a page of cases; cases without are left out."""
        return {release.case_id: release for release in self._releases.these(case_ids)}

    @contextmanager
    def download(self, account_id: str, case_id: str, variant: str = "video") -> Iterator[Path]:
        """The released file, or its thumbnail or spritesheet, if it is out at this moment.

        Raises:
            NotFound: not the caller's.
            Conflict: not finished, or somebody who appears in it objects and the caller does not appear in it.
            Gone: withdrawn or taken down.
        """
        self.see(account_id, case_id)
        release = self._releases.find(case_id)
        if release is None:
            raise Conflict("this video is not finished", code=GatewayReason.CASE_UNFINISHED)
        entitle(Act.DOWNLOAD, release, account_id)
        with self._blobs.open_path(release.digest_of(variant)) as path:
            yield path

    def list(
        self, account_id: str, *, after: str | None, limit: int, ascending: bool
    ) -> tuple[list[CaseSummary], bool]:
        """The account's own videos and those it co-owns."""
        return self._cases.page(account_id, after=after, limit=limit, ascending=ascending)

    def delete(self, account_id: str, case_id: str) -> None:
        """Take a video back for everybody and clear it out of the caller's list; any owner may.

        The other owners still see that it was withdrawn. What was never released is gone altogether.
        """
        self.see(account_id, case_id)
        if self._releases.find(case_id) is None and self._cases.drop(case_id):
            return
        # It is out, perhaps since a moment ago: `drop` waits for the worker.
        with self._database.transaction():
            cause = Cause(GatewayReason.RELEASE_DELETED_BY_OWNER, case_ids=frozenset({case_id}), actor=account_id)
            withdraw(cause, self._recall)
            self._hidden.hide(case_id, account_id, self._clock.now())


def _use(new: NewVideo) -> Use:
    """What is declared, in the registry's terms and spelling; raises InvalidInput naming the field."""
    declared = Use(
        purpose=_named(Purpose, new.purpose, "purpose"),
        territories=frozenset(new.territories),
        languages=frozenset(new.languages),
        contexts=frozenset(_named(Context, context, "contexts") for context in new.contexts),
    )
    return check_use(declared)


def _named(kind: type[Term], word: str, field: str) -> Term:
    try:
        return kind(word.strip().lower())
    except ValueError:
        raise InvalidInput(
            f"there is no such value: {word[:40]}",
            code=GatewayReason.USE_UNKNOWN,
            field=field,
            limit=", ".join(kind),
        ) from None


def _seed(new: NewVideo) -> int:
    """Equal requests draw equal pictures unless a seed says otherwise."""
    if new.seed is not None:
        return new.seed
    return int.from_bytes(hashlib.sha256(f"{new.prompt}/{new.size}".encode()).digest()[:4], "big")


def _digest(request: Request) -> str:
    """What makes two requests under one idempotency key the same: everything but the ids drawn for them."""
    fields = asdict(request)
    fields.pop("case_id")
    fields["references"] = [reference.media.digest for reference in request.references]
    return hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()
