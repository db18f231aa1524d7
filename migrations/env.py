"""Alembic's environment: the connection comes from the caller."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import TypeDecorator

from placet.wiring.tables import metadata


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write a column's plain type, so that a migration needs none of our code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata(), render_as_batch=True, render_item=_render, compare_type=True
)
with context.begin_transaction():
    context.run_migrations()
if connection.in_transaction():
    connection.commit()
