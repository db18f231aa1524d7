"""The Python door of this package."""

from copyright_optout.domain import (
    ANYTHING,
    LEAST_SHARE,
    MATCH_DISTANCE,
    MOST_FRAMES,
    SURE_NAME,
    UNSURE_DISTANCE,
    Band,
    Blocks,
    Claim,
    ClaimKind,
    ClaimState,
    ClaimTerms,
    Concern,
    Concerning,
    Declaration,
    Depiction,
    Footage,
    Ground,
    HeardWork,
    IndexReadiness,
    Licence,
    LookAlike,
    NamedWork,
    OptOutReason,
    Organisation,
    PicturedWork,
    Proof,
    Role,
    Setting,
    Thresholds,
    Told,
    alike,
    check_territories,
    without_whom,
)
from copyright_optout.domain.claims import CHANGEABLE
from copyright_optout.domain.claims import ENDED as CLAIM_ENDED
from copyright_optout.domain.describing import DescribedWork
from copyright_optout.domain.feeds import HASHES, LARGEST_FEED, EntryNote, FeedFormat, FeedOut, FeedReport, Lost
from copyright_optout.domain.imports import ClaimImport, ImportState, LineReport
from copyright_optout.domain.notice_clocks import ClockKind, ClockTerms, NoticeClock, restore_window
from copyright_optout.domain.notice_mails import MailStanding
from copyright_optout.domain.notices import ENDED as NOTICE_ENDED
from copyright_optout.domain.notices import (
    REJECTIONS,
    REQUIRED,
    STATEMENTS,
    CounterStatement,
    CounterTexts,
    Element,
    Notice,
    NoticeState,
    Rejection,
    Requirement,
    Statute,
    Texts,
    missing_in_counter,
)
from copyright_optout.domain.rehearsals import STOPPING, Example, FloodLimits, Outcome, Rehearsal, Stops, Tally
from copyright_optout.ports import (
    PictureDecoder,
)
from copyright_optout.ports.rehearsing import Aftermath, PastRequest, PastRequests, RehearsalStore
from copyright_optout.service.claims import Filing
from copyright_optout.service.descriptions import DescriptionIndex
from copyright_optout.service.feeds import FeedDesk
from copyright_optout.service.imports import LARGEST_FILE as LARGEST_IMPORT
from copyright_optout.service.imports import ImportDesk, ImportOrder, ImportParts
from copyright_optout.service.index import OptOutIndex
from copyright_optout.service.notice_countering import Received
from copyright_optout.service.notice_desk import NoticeDesk
from copyright_optout.service.notice_steps import NoticeLinks, NoticeParts
from copyright_optout.service.notices import GivenNotice
from copyright_optout.service.organisations import Seat
from copyright_optout.service.parts import OptOutParts, PastParts
from copyright_optout.service.rehearsing import (
    ClaimTraces,
    Rehearsals,
    distances,
    is_copy,
)
from copyright_optout.service.staydown import StayDown
from copyright_optout.service.watching import ReferenceParts

__all__ = [
    "ANYTHING",
    "CHANGEABLE",
    "CLAIM_ENDED",
    "HASHES",
    "LARGEST_FEED",
    "LARGEST_IMPORT",
    "LEAST_SHARE",
    "MATCH_DISTANCE",
    "MOST_FRAMES",
    "NOTICE_ENDED",
    "REJECTIONS",
    "REQUIRED",
    "STATEMENTS",
    "STOPPING",
    "SURE_NAME",
    "UNSURE_DISTANCE",
    "Aftermath",
    "Band",
    "Blocks",
    "Claim",
    "ClaimImport",
    "ClaimKind",
    "ClaimState",
    "ClaimTerms",
    "ClaimTraces",
    "ClockKind",
    "ClockTerms",
    "Concern",
    "Concerning",
    "CounterStatement",
    "CounterTexts",
    "Declaration",
    "Depiction",
    "DescribedWork",
    "DescriptionIndex",
    "Element",
    "EntryNote",
    "Example",
    "FeedDesk",
    "FeedFormat",
    "FeedOut",
    "FeedReport",
    "Filing",
    "FloodLimits",
    "Footage",
    "GivenNotice",
    "Ground",
    "HeardWork",
    "ImportDesk",
    "ImportOrder",
    "ImportParts",
    "ImportState",
    "IndexReadiness",
    "Licence",
    "LineReport",
    "LookAlike",
    "Lost",
    "MailStanding",
    "NamedWork",
    "Notice",
    "NoticeClock",
    "NoticeDesk",
    "NoticeLinks",
    "NoticeParts",
    "NoticeState",
    "OptOutIndex",
    "OptOutParts",
    "OptOutReason",
    "Organisation",
    "Outcome",
    "PastParts",
    "PastRequest",
    "PastRequests",
    "PictureDecoder",
    "PicturedWork",
    "Proof",
    "Received",
    "ReferenceParts",
    "Rehearsal",
    "RehearsalStore",
    "Rehearsals",
    "Rejection",
    "Requirement",
    "Role",
    "Seat",
    "Setting",
    "Statute",
    "StayDown",
    "Stops",
    "Tally",
    "Texts",
    "Thresholds",
    "Told",
    "alike",
    "check_territories",
    "distances",
    "is_copy",
    "missing_in_counter",
    "restore_window",
    "without_whom",
]
