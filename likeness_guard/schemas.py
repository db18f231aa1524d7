"""HTTP shapes. None of them ever holds a template."""

from pydantic import BaseModel

from likeness_guard.domain import Entry


class BlocklistEntryOut(BaseModel):
    """A blocked public figure."""

    id: str
    object: str = "blocklist.entry"
    name: str
    aliases: list[str]
    category: str
    has_face: bool
    has_voice: bool


class BlocklistOut(BaseModel):
    """Every blocked public figure, by name."""

    object: str = "list"
    data: list[BlocklistEntryOut]


def shown(entry: Entry) -> BlocklistEntryOut:
    """What HTTP shows of an entry."""
    return BlocklistEntryOut(
        id=entry.id,
        name=entry.name,
        aliases=list(entry.aliases),
        category=entry.category,
        has_face=entry.has_face,
        has_voice=entry.has_voice,
    )
