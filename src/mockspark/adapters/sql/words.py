"""The index over titles: FTS5 with trigrams on SQLite, pg_trgm on PostgreSQL.

On SQLite triggers keep it in step inside the transaction that writes the item. The index holds no text of
its own, and the shop's mark beside the title lets a search skip other shops' hits.
"""

from collections.abc import Mapping
from typing import Final

_MARK: Final = "(SELECT mark FROM mockspark_shop WHERE id = {row}.shop_id)"

DDL: Final[Mapping[str, tuple[str, ...]]] = {
    "sqlite": (
        """CREATE VIRTUAL TABLE mockspark_item_words USING fts5(
            mark, title, content='', columnsize=0, tokenize='trigram case_sensitive 1')""",
        f"""CREATE TRIGGER mockspark_item_words_added AFTER INSERT ON mockspark_item BEGIN
            INSERT INTO mockspark_item_words (rowid, mark, title)
            VALUES (new.seq, {_MARK.format(row="new")}, new.title);
        END""",
        f"""CREATE TRIGGER mockspark_item_words_changed AFTER UPDATE OF title ON mockspark_item
        WHEN old.title <> new.title BEGIN
            INSERT INTO mockspark_item_words (mockspark_item_words, rowid, mark, title)
            VALUES ('delete', old.seq, {_MARK.format(row="old")}, old.title);
            INSERT INTO mockspark_item_words (rowid, mark, title)
            VALUES (new.seq, {_MARK.format(row="new")}, new.title);
        END""",
        f"""CREATE TRIGGER mockspark_item_words_removed AFTER DELETE ON mockspark_item BEGIN
            INSERT INTO mockspark_item_words (mockspark_item_words, rowid, mark, title)
            VALUES ('delete', old.seq, {_MARK.format(row="old")}, old.title);
        END""",
    ),
    "postgresql": (
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        "CREATE INDEX ix_mockspark_item_title ON mockspark_item USING gin (title gin_trgm_ops)",
    ),
}
