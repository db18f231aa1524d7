"""What this package says in codes."""

from enum import StrEnum


class OptOutReason(StrEnum):
    """What this guard says to the gates."""

    CHARACTER_NAMED = "optout:character:named"
    WORK_NAMED = "optout:work:named"
    FRANCHISE_NAMED = "optout:franchise:named"
    STYLE_NAMED = "optout:style:named"
    MUSIC_NAMED = "optout:music:named"
    CHARACTER_PICTURED = "optout:character:pictured"
    WORK_PICTURED = "optout:work:pictured"
    FRANCHISE_PICTURED = "optout:franchise:pictured"
    STYLE_PICTURED = "optout:style:pictured"
    MUSIC_PICTURED = "optout:music:pictured"
    MUSIC_HEARD = "optout:music:heard"
    NAME_UNSURE = "optout:name:unsure"
    NAME_HEARD = "optout:name:heard"
    TEXT_PICTURED = "optout:text:pictured"
    TEXT_UNSURE = "optout:text:unsure"
    DESCRIPTION_ALIKE = "optout:description:alike"
    PICTURE_UNSURE = "optout:picture:unsure"
    WORK_HEARD = "optout:work:heard"
    SOUND_UNSURE = "optout:sound:unsure"
    LOOKS_ALIKE = "optout:looks:alike"
    PRINTER_UNAVAILABLE = "optout:printer:unavailable"
    LICENSED = "optout:claim:licensed"
    PROTECTED = "optout:claim:protected"
    """Something claimed, of which its rights holder lets nothing be told."""
    NOT_BLOCKED = "optout:claim:not_blocked"
    """A claimed work, in a depiction that its claim leaves open."""
    CLEAR = "optout:guard:clear"
    UNAVAILABLE = "optout:guard:unavailable"


class OptOutFault(StrEnum):
    """What is wrong with what somebody handed in."""

    CALIBRATION = "optout:calibration:malformed"
    REFERENCE_EMPTY = "optout:reference:empty"
    REFERENCES = "optout:reference:too_many"
    REFERENCE_UNKNOWN = "optout:reference:unknown"
    ORGANISATION_NAME = "optout:organisation:name"
    ORGANISATION_UNKNOWN = "optout:organisation:unknown"
    ROLE_MISSING = "optout:organisation:role_missing"
    LAST_OWNER = "optout:organisation:last_owner"
    MEMBER_UNKNOWN = "optout:organisation:member_unknown"
    TERRITORY = "optout:claim:territory"
    LICENCES = "optout:claim:licences"
    DECLARATIONS = "optout:claim:declarations"
    PROOF = "optout:claim:proof"
    NAME_EMPTY = "optout:name:empty"
    NAME_LENGTH = "optout:name:length"
    NAME_COMMON = "optout:name:common"
    DATES = "optout:claim:dates"
    REFERENCE_TAKEN = "optout:claim:reference_taken"
    NOT_A_DRAFT = "optout:claim:not_a_draft"
    CONCERNS = "optout:claim:concerns"
    OWN_CLAIM = "optout:claim:own"
    CHANGED_SINCE = "optout:claim:changed_since"
    NOT_YOUR_NAME = "optout:person:not_yours"
    # rehearsals
    REHEARSAL_DAYS = "optout:rehearsal:days"
    REHEARSAL_WAITS = "optout:rehearsal:waits"
    REHEARSAL_NONE = "optout:rehearsal:none"


class OptOutEvent(StrEnum):
    """What goes onto the ledger and is told; a claim's states are told as ``optout:claim:STATE``."""

    ORGANISATION_FOUNDED = "optout:organisation:founded"
    ORGANISATION_CHANGED = "optout:organisation:changed"
    MEMBER_CHANGED = "optout:organisation:member_changed"
    CLAIM_CHANGED = "optout:claim:changed"
    REFERENCE_ADDED = "optout:reference:added"
    REFERENCE_REMOVED = "optout:reference:removed"
    PERSON_NAMED = "optout:person:named"
    PERSON_OBJECTED = "optout:person:objected"
    CLAIM_FLOODED = "optout:claim:flooded"
    ORGANISATION_OWNERLESS = "optout:organisation:ownerless"
    ORGANISATION_INVITED = "optout:organisation:invited"


# notices (17 U.S.C. 512, 47 U.S.C. 223a, the NO FAKES bill)


class NoticeCause(StrEnum):
    """Why a video is down because of a notice."""

    DMCA = "optout:notice:dmca"
    TAKE_IT_DOWN = "optout:notice:take_it_down"
    NO_FAKES = "optout:notice:no_fakes"


class NoticeFault(StrEnum):
    """Why something about a notice is refused."""

    UNKNOWN = "optout:notice:unknown"
    STATE = "optout:notice:state"
    TEXT = "optout:notice:text"
    VIDEO_UNKNOWN = "optout:notice:video_unknown"
    COUNTER_INCOMPLETE = "optout:notice:counter_incomplete"
    COUNTER_NONE = "optout:notice:counter_none"
    EARLY = "optout:notice:early"
    SUIT_PENDING = "optout:notice:suit_pending"
    OWN = "optout:notice:own"
    APPEAL_OPEN = "optout:notice:appeal_open"
    PLACE = "optout:notice:place"


class NoticeEvent(StrEnum):
    """What becomes of a notice: goes onto the ledger, and is told to whoever gave it."""

    RECEIVED = "optout:notice:received"
    INCOMPLETE = "optout:notice:incomplete"
    VALID = "optout:notice:valid"
    LOCATED = "optout:notice:located"
    ACTED = "optout:notice:acted"
    REJECTED = "optout:notice:rejected"
    COUNTERED = "optout:notice:countered"
    SUIT = "optout:notice:suit"
    RESTORED = "optout:notice:restored"
    FINAL = "optout:notice:final"
    WITHDRAWN = "optout:notice:withdrawn"
    FORGOTTEN = "optout:notice:forgotten"
    APPEALED = "optout:notice:appealed"


class NoticeTold(StrEnum):
    """What the owners of a video, and staff, are told because of a notice."""

    TAKEN_DOWN = "optout:notice:taken_down"
    WAITING = "optout:notice:waiting"
    DUE = "optout:notice:due"


# imports of many claims


class ImportFault(StrEnum):
    """Why a list of claims, or a line of it, cannot be taken in."""

    UNREADABLE = "optout:import:unreadable"
    ENCODING = "optout:import:encoding"
    COLUMN = "optout:import:column"
    TOO_LARGE = "optout:import:too_large"
    VALUE = "optout:import:value"
    REPEATED = "optout:import:repeated"
    STANDS = "optout:import:stands"
    ENDED = "optout:import:ended"
    UNKNOWN = "optout:import:unknown"
    OVER = "optout:import:over"
    UNFINISHED = "optout:import:unfinished"
    TOO_MANY = "optout:import:too_many"
    TOO_LONG = "optout:import:too_long"
    GIVEN_UP = "optout:import:given_up"


class ImportEvent(StrEnum):
    """What becomes of imports: onto the ledger, and told."""

    TAKEN_IN = "optout:import:taken_in"
    DONE = "optout:import:done"
    HANDED_IN = "optout:import:handed_in"
    FAILED = "optout:import:failed"
    BATCH_ACTIVATED = "optout:import:batch_activated"
    ACTIVATED = "optout:import:activated"


# feeds of others


class FeedFault(StrEnum):
    """Why a feed, or an entry of it, cannot be taken in."""

    UNREADABLE = "optout:feed:unreadable"
    TOO_LARGE = "optout:feed:too_large"
    ENTRY = "optout:feed:entry"
    OPEN = "optout:feed:open"
    BANK = "optout:feed:bank"
    HASH = "optout:feed:hash"
