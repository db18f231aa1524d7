"""Long lists that people send, as tables or as JSON: what is wrong with a line spoils that line alone."""

from trust_kernel.tabular.json_items import JsonItems
from trust_kernel.tabular.json_lines import read_json_lines
from trust_kernel.tabular.lines import BadRow, Codes, Item, Row
from trust_kernel.tabular.rows import listed, read_rows

__all__ = ["BadRow", "Codes", "Item", "JsonItems", "Row", "listed", "read_json_lines", "read_rows"]
