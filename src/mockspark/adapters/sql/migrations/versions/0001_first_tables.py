"""The first tables."""
# ruff: noqa: E501 - a list of tables is as long, and as wide, as it is

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from mockspark.domain.errors import NotPossible

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NEEDS_TRIGRAMS: Final = (
    "the title search needs PostgreSQL's extension pg_trgm (package postgresql-contrib): "
    "have a superuser run CREATE EXTENSION pg_trgm in this database, then start again"
)
_HAS_TRIGRAMS: Final = sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")

# The full-text index over titles holds no text of its own. The shop's mark beside the title lets a search
# skip other shops' hits. Triggers keep it in step inside the transaction that writes the item.
_WORDS: Final = (
    """CREATE VIRTUAL TABLE mockspark_item_words USING fts5(
        mark, title, content='', columnsize=0, tokenize='trigram case_sensitive 1')""",
    """CREATE TRIGGER mockspark_item_words_added AFTER INSERT ON mockspark_item BEGIN
        INSERT INTO mockspark_item_words (rowid, mark, title)
        VALUES (new.seq, (SELECT mark FROM mockspark_shop WHERE id = new.shop_id), new.title);
    END""",
    """CREATE TRIGGER mockspark_item_words_changed AFTER UPDATE OF title ON mockspark_item
    WHEN old.title <> new.title BEGIN
        INSERT INTO mockspark_item_words (mockspark_item_words, rowid, mark, title)
        VALUES ('delete', old.seq, (SELECT mark FROM mockspark_shop WHERE id = old.shop_id), old.title);
        INSERT INTO mockspark_item_words (rowid, mark, title)
        VALUES (new.seq, (SELECT mark FROM mockspark_shop WHERE id = new.shop_id), new.title);
    END""",
    """CREATE TRIGGER mockspark_item_words_removed AFTER DELETE ON mockspark_item BEGIN
        INSERT INTO mockspark_item_words (mockspark_item_words, rowid, mark, title)
        VALUES ('delete', old.seq, (SELECT mark FROM mockspark_shop WHERE id = old.shop_id), old.title);
    END""",
)


def upgrade() -> None:
    """Create the tables, and the index over titles that each database is good at."""
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        for statement in _WORDS:
            op.execute(statement)
        return
    _trigrams()
    op.execute("CREATE INDEX ix_mockspark_item_title ON mockspark_item USING gin (title gin_trgm_ops)")


def _trigrams() -> None:
    if op.get_bind().scalar(_HAS_TRIGRAMS):
        return
    try:
        op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DBAPIError as refused:
        raise NotPossible(_NEEDS_TRIGRAMS) from refused


def _tables() -> None:
    op.create_table(
        "mockspark_delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("triggered_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mockspark_delivery")),
        sa.UniqueConstraint(
            "source", "shop_id", "delivery_id", name=op.f("uq_mockspark_delivery_source_shop_id_delivery_id")
        ),
    )
    op.create_index(
        "ix_mockspark_delivery_open",
        "mockspark_delivery",
        ["free_at", "id"],
        unique=False,
        sqlite_where=sa.text("free_at IS NOT NULL"),
        postgresql_where=sa.text("free_at IS NOT NULL"),
    )
    op.create_index("ix_mockspark_delivery_shop", "mockspark_delivery", ["shop_id"], unique=False)
    op.create_table(
        "mockspark_refusal",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "why", name=op.f("pk_mockspark_refusal")),
    )
    op.create_table(
        "mockspark_shop",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("auto_send_s", sa.Integer(), nullable=True),
        sa.Column("generating_limit_s", sa.Integer(), nullable=False),
        sa.Column("sending_limit_s", sa.Integer(), nullable=False),
        sa.Column("uninstalled_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mockspark_shop")),
    )
    op.create_index(
        "ix_mockspark_shop_auto_send",
        "mockspark_shop",
        ["id"],
        unique=False,
        sqlite_where=sa.text("auto_send_s IS NOT NULL"),
        postgresql_where=sa.text("auto_send_s IS NOT NULL"),
    )
    op.create_table(
        "mockspark_timeline",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_mockspark_timeline")),
    )
    op.create_index(
        "ix_mockspark_timeline_subject",
        "mockspark_timeline",
        ["shop_id", "subject", "position"],
        unique=False,
    )
    op.create_table(
        "mockspark_connection",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["mockspark_shop.id"], name=op.f("fk_mockspark_connection_mockspark_shop")
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_mockspark_connection")),
        sa.UniqueConstraint("id", name=op.f("uq_mockspark_connection_id")),
    )
    op.create_table(
        "mockspark_installation",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("swept_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["mockspark_shop.id"], name=op.f("fk_mockspark_installation_mockspark_shop")
        ),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_mockspark_installation")),
    )
    op.create_index(
        "ix_mockspark_installation_swept",
        "mockspark_installation",
        ["swept_at"],
        unique=False,
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "mockspark_item_count",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["mockspark_shop.id"], name=op.f("fk_mockspark_item_count_mockspark_shop")
        ),
        sa.PrimaryKeyConstraint("shop_id", "status", "part", name=op.f("pk_mockspark_item_count")),
    )
    op.create_table(
        "mockspark_lease",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["mockspark_shop.id"], name=op.f("fk_mockspark_lease_mockspark_shop")
        ),
        sa.PrimaryKeyConstraint("shop_id", "key", name=op.f("pk_mockspark_lease")),
    )
    op.create_table(
        "mockspark_order",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("redacted", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("face", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["mockspark_shop.id"], name=op.f("fk_mockspark_order_mockspark_shop")
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_mockspark_order")),
        sa.UniqueConstraint("shop_id", "system", "ref", name=op.f("uq_mockspark_order_shop_id_system_ref")),
    )
    op.create_table(
        "mockspark_reply",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["mockspark_shop.id"], name=op.f("fk_mockspark_reply_mockspark_shop")
        ),
        sa.PrimaryKeyConstraint("shop_id", "route", "key", name=op.f("pk_mockspark_reply")),
    )
    op.create_index(
        "ix_mockspark_reply_reserved", "mockspark_reply", ["shop_id", "reserved_at"], unique=False
    )
    op.create_table(
        "mockspark_token",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["mockspark_shop.id"], name=op.f("fk_mockspark_token_mockspark_shop")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_mockspark_token")),
    )
    op.create_index("ix_mockspark_token_shop", "mockspark_token", ["shop_id", "created_at"], unique=False)
    op.create_table(
        "mockspark_filtered_line",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"],
            ["mockspark_order.shop_id", "mockspark_order.id"],
            name=op.f("fk_mockspark_filtered_line_mockspark_order"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_mockspark_filtered_line")),
    )
    op.create_index(
        "ix_mockspark_filtered_line_order", "mockspark_filtered_line", ["shop_id", "order_id"], unique=False
    )
    op.create_index(
        "ix_mockspark_filtered_line_received",
        "mockspark_filtered_line",
        ["shop_id", "received_at", "seq"],
        unique=False,
    )
    op.create_table(
        "mockspark_item",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("line_system", sa.Text(), nullable=False),
        sa.Column("line_ref", sa.Text(), nullable=False),
        sa.Column("reprint_of", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_before", sa.Text(), nullable=True),
        sa.Column("status_since", sa.BigInteger(), nullable=False),
        sa.Column("hold_reason", sa.Text(), nullable=True),
        sa.Column("attention", sa.Boolean(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("order_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=True),
        sa.Column("product", sa.Text(), nullable=True),
        sa.Column("ready_since", sa.BigInteger(), nullable=True),
        sa.Column("cancel_since", sa.BigInteger(), nullable=True),
        sa.Column("untold", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("face", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('generating', 'ready_to_fulfill', 'sending', 'being_fulfilled', 'fulfilled', 'on_hold', 'canceled', 'archived')",
            name=op.f("ck_mockspark_item_status"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["mockspark_connection.shop_id", "mockspark_connection.id"],
            name=op.f("fk_mockspark_item_mockspark_connection"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"],
            ["mockspark_order.shop_id", "mockspark_order.id"],
            name=op.f("fk_mockspark_item_mockspark_order"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_mockspark_item")),
        sa.UniqueConstraint("shop_id", "id", name=op.f("uq_mockspark_item_shop_id_id")),
    )
    op.create_index(
        "ix_mockspark_item_attention",
        "mockspark_item",
        ["shop_id", "created_at", "seq"],
        unique=False,
        sqlite_where=sa.text("attention"),
        postgresql_where=sa.text("attention"),
    )
    op.create_index(
        "ix_mockspark_item_cancel",
        "mockspark_item",
        ["cancel_since"],
        unique=False,
        sqlite_where=sa.text("cancel_since IS NOT NULL"),
        postgresql_where=sa.text("cancel_since IS NOT NULL"),
    )
    op.create_index(
        "ix_mockspark_item_email", "mockspark_item", ["shop_id", "email", "created_at", "seq"], unique=False
    )
    op.create_index(
        "ix_mockspark_item_generating",
        "mockspark_item",
        ["status_since"],
        unique=False,
        sqlite_where=sa.text("status = 'generating'"),
        postgresql_where=sa.text("status = 'generating'"),
    )
    op.create_index(
        "ix_mockspark_item_name",
        "mockspark_item",
        ["shop_id", "order_name", "created_at", "seq"],
        unique=False,
    )
    op.create_index(
        "ix_mockspark_item_order",
        "mockspark_item",
        ["shop_id", "order_id", "created_at", "seq"],
        unique=False,
    )
    op.create_index(
        "ix_mockspark_item_platform",
        "mockspark_item",
        ["shop_id", "platform", "status", "created_at", "seq"],
        unique=False,
    )
    op.create_index(
        "ix_mockspark_item_ready",
        "mockspark_item",
        ["shop_id", "ready_since"],
        unique=False,
        sqlite_where=sa.text("ready_since IS NOT NULL"),
        postgresql_where=sa.text("ready_since IS NOT NULL"),
    )
    op.create_index(
        "ix_mockspark_item_sending",
        "mockspark_item",
        ["status_since"],
        unique=False,
        sqlite_where=sa.text("status = 'sending'"),
        postgresql_where=sa.text("status = 'sending'"),
    )
    op.create_index(
        "ix_mockspark_item_shown",
        "mockspark_item",
        ["shop_id", "created_at", "seq"],
        unique=False,
        sqlite_where=sa.text("status <> 'archived'"),
        postgresql_where=sa.text("status <> 'archived'"),
    )
    op.create_index(
        "ix_mockspark_item_status", "mockspark_item", ["shop_id", "status", "created_at", "seq"], unique=False
    )
    op.create_index(
        "ix_mockspark_item_unmapped",
        "mockspark_item",
        ["shop_id", "seq"],
        unique=False,
        sqlite_where=sa.text("hold_reason = 'unmapped_product'"),
        postgresql_where=sa.text("hold_reason = 'unmapped_product'"),
    )
    op.create_index(
        "ix_mockspark_item_untold",
        "mockspark_item",
        ["status_since"],
        unique=False,
        sqlite_where=sa.text("untold"),
        postgresql_where=sa.text("untold"),
    )
    op.create_index(
        "uq_mockspark_item_line",
        "mockspark_item",
        ["shop_id", "order_id", "line_system", "line_ref"],
        unique=True,
        sqlite_where=sa.text("reprint_of IS NULL"),
        postgresql_where=sa.text("reprint_of IS NULL"),
    )
    op.create_table(
        "mockspark_listing",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("match", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["mockspark_connection.shop_id", "mockspark_connection.id"],
            name=op.f("fk_mockspark_listing_mockspark_connection"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["mockspark_shop.id"], name=op.f("fk_mockspark_listing_mockspark_shop")
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_mockspark_listing")),
        sa.UniqueConstraint("shop_id", "match", "key", name=op.f("uq_mockspark_listing_shop_id_match_key")),
    )
    op.create_index(
        "ix_mockspark_listing_connection", "mockspark_listing", ["shop_id", "connection_id"], unique=False
    )
    op.create_table(
        "mockspark_submission",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("send_at", sa.BigInteger(), nullable=True),
        sa.Column("poll_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("face", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'accepted', 'refused', 'unknown', 'withdrawn', 'canceled')",
            name=op.f("ck_mockspark_submission_state"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "connection_id"],
            ["mockspark_connection.shop_id", "mockspark_connection.id"],
            name=op.f("fk_mockspark_submission_mockspark_connection"),
        ),
        sa.PrimaryKeyConstraint("shop_id", "id", name=op.f("pk_mockspark_submission")),
    )
    op.create_index(
        "ix_mockspark_submission_poll",
        "mockspark_submission",
        ["poll_at"],
        unique=False,
        sqlite_where=sa.text("poll_at IS NOT NULL"),
        postgresql_where=sa.text("poll_at IS NOT NULL"),
    )
    op.create_index(
        "ix_mockspark_submission_send",
        "mockspark_submission",
        ["send_at"],
        unique=False,
        sqlite_where=sa.text("send_at IS NOT NULL"),
        postgresql_where=sa.text("send_at IS NOT NULL"),
    )
    op.create_table(
        "mockspark_provider_order",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Uuid(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "submission_id"],
            ["mockspark_submission.shop_id", "mockspark_submission.id"],
            name=op.f("fk_mockspark_provider_order_mockspark_submission"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "connection_id", "system", "ref", name=op.f("pk_mockspark_provider_order")
        ),
    )
    op.create_index(
        "ix_mockspark_provider_order_submission",
        "mockspark_provider_order",
        ["shop_id", "submission_id"],
        unique=False,
    )
    op.create_table(
        "mockspark_submission_item",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id", "item_id"],
            ["mockspark_item.shop_id", "mockspark_item.id"],
            name=op.f("fk_mockspark_submission_item_mockspark_item"),
        ),
        sa.ForeignKeyConstraint(
            ["shop_id", "submission_id"],
            ["mockspark_submission.shop_id", "mockspark_submission.id"],
            name=op.f("fk_mockspark_submission_item_mockspark_submission"),
        ),
        sa.PrimaryKeyConstraint(
            "shop_id", "submission_id", "item_id", name=op.f("pk_mockspark_submission_item")
        ),
    )
    op.create_index(
        "ix_mockspark_submission_item_item", "mockspark_submission_item", ["shop_id", "item_id"], unique=False
    )
    op.create_index(
        "uq_mockspark_submission_item_live",
        "mockspark_submission_item",
        ["shop_id", "item_id"],
        unique=True,
        sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )
