"""Reading what changed in pieces: whole generations, because many claims may have changed in one."""

from sqlalchemy import ColumnElement, or_, select
from sqlmodel import col

from copyright_optout.tables import OptOutClaimRow


def next_generations(reached: int, most: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Conditions for the next claims that changed.

    Args:
        reached: generation that was read last.
        most: claims; of the generation in which that many are reached, all others come too.
    """
    generation = col(OptOutClaimRow.generation)
    # A part of the statement itself, so that both see the same moment.
    last = select(generation).where(generation > reached).order_by(generation).offset(most - 1).limit(1)
    bound = last.scalar_subquery()
    return generation > reached, or_(bound.is_(None), generation <= bound)
