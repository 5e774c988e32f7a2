"""Every table: the columns that are searched, joined or locked on, and one JSON text for the aggregate.

All names begin with `mockspark_`, so that the tables may live in an embedder's database. Each tenant table
carries the shop in its keys: a row cannot point to another shop's.
"""

from typing import Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from mockspark.adapters.sql.types import Key, Moment, WholeNumber, Words
from mockspark.domain.status import Status
from mockspark.domain.submission import SubmissionState

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _one_of(column: str, values: type[Status | SubmissionState]) -> CheckConstraint:
    words = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def _within(table: str, *columns: str) -> ForeignKeyConstraint:
    """Point to a row of the same shop."""
    theirs = ("id",) if table == "mockspark_shop" else ("shop_id", "id")
    return ForeignKeyConstraint([*columns], [f"{table}.{name}" for name in theirs])


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


shops: Final = Table(
    "mockspark_shop",
    metadata,
    Column("id", Text, primary_key=True),
    Column("mark", Text, nullable=False),
    Column("auto_send_s", Integer),
    Column("generating_limit_s", Integer, nullable=False),
    Column("sending_limit_s", Integer, nullable=False),
    Column("uninstalled_at", Moment),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    _partial("ix_mockspark_shop_auto_send", "id", where="auto_send_s IS NOT NULL"),
)

tokens: Final = Table(
    "mockspark_token",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("shop_id", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    _within("mockspark_shop", "shop_id"),
    Index("ix_mockspark_token_shop", "shop_id", "created_at"),
)

installations: Final = Table(
    "mockspark_installation",
    metadata,
    Column("shop_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("swept_at", Moment),
    Column("version", Integer, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("body", Text, nullable=False),
    _within("mockspark_shop", "shop_id"),
    _partial("ix_mockspark_installation_swept", "swept_at", where="state = 'active'"),
)

connections: Final = Table(
    "mockspark_connection",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("id", Uuid, nullable=False, unique=True),
    Column("provider", Key, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("shop_id", "id"),
    _within("mockspark_shop", "shop_id"),
)

listings: Final = Table(
    "mockspark_listing",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("match", Text, nullable=False),
    Column("key", Key, nullable=False),
    Column("connection_id", Uuid),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("shop_id", "id"),
    UniqueConstraint("shop_id", "match", "key"),
    _within("mockspark_shop", "shop_id"),
    _within("mockspark_connection", "shop_id", "connection_id"),
    Index("ix_mockspark_listing_connection", "shop_id", "connection_id"),
)

fonts: Final = Table(
    "mockspark_font",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("uploaded_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("shop_id", "sha256"),
    _within("mockspark_shop", "shop_id"),
)

orders: Final = Table(
    "mockspark_order",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("system", Key, nullable=False),
    Column("ref", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("email", Key, nullable=False),
    Column("redacted", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("face", Text, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("shop_id", "id"),
    UniqueConstraint("shop_id", "system", "ref"),
    _within("mockspark_shop", "shop_id"),
)

filtered_lines: Final = Table(
    "mockspark_filtered_line",
    metadata,
    Column("seq", WholeNumber, primary_key=True),
    Column("shop_id", Text, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    _within("mockspark_order", "shop_id", "order_id"),
    Index("ix_mockspark_filtered_line_received", "shop_id", "received_at", "seq"),
    Index("ix_mockspark_filtered_line_order", "shop_id", "order_id"),
)

items: Final = Table(
    "mockspark_item",
    metadata,
    # Newest first among equal times. On SQLite it is the row id and follows `created_at`, because the
    # full-text index yields its hits in that order; see `order_items.place_of`.
    Column("seq", WholeNumber, primary_key=True),
    Column("shop_id", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("line_system", Key, nullable=False),
    Column("line_ref", Key, nullable=False),
    Column("reprint_of", Uuid),
    Column("created_at", Moment, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_before", Text),
    Column("status_since", Moment, nullable=False),
    Column("hold_reason", Text),
    Column("attention", Boolean, nullable=False),
    Column("title", Words, nullable=False),
    Column("order_name", Key, nullable=False),
    Column("email", Key, nullable=False),
    Column("platform", Key, nullable=False),
    Column("connection_id", Uuid),
    Column("submission_id", Uuid),
    Column("sku", Key, nullable=False),
    Column("variant", Key),
    Column("product", Key),
    Column("ready_since", Moment),
    Column("cancel_since", Moment),
    Column("untold", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("face", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("shop_id", "id"),
    _one_of("status", Status),
    _within("mockspark_order", "shop_id", "order_id"),
    _within("mockspark_connection", "shop_id", "connection_id"),
    _partial(
        "uq_mockspark_item_line", "shop_id", "order_id", "line_system", "line_ref",
        where="reprint_of IS NULL", unique=True,
    ),
    Index("ix_mockspark_item_order", "shop_id", "order_id", "created_at", "seq"),
    _partial("ix_mockspark_item_shown", "shop_id", "created_at", "seq", where="status <> 'archived'"),
    Index("ix_mockspark_item_status", "shop_id", "status", "created_at", "seq"),
    Index("ix_mockspark_item_name", "shop_id", "order_name", "created_at", "seq"),
    Index("ix_mockspark_item_email", "shop_id", "email", "created_at", "seq"),
    Index("ix_mockspark_item_platform", "shop_id", "platform", "status", "created_at", "seq"),
    _partial("ix_mockspark_item_attention", "shop_id", "created_at", "seq", where="attention"),
    _partial("ix_mockspark_item_unmapped", "shop_id", "seq", where="hold_reason = 'unmapped_product'"),
    _partial("ix_mockspark_item_generating", "status_since", where="status = 'generating'"),
    _partial("ix_mockspark_item_sending", "status_since", where="status = 'sending'"),
    _partial("ix_mockspark_item_ready", "shop_id", "ready_since", where="ready_since IS NOT NULL"),
    _partial("ix_mockspark_item_cancel", "cancel_since", where="cancel_since IS NOT NULL"),
    _partial("ix_mockspark_item_untold", "status_since", where="untold"),
)  # fmt: skip

item_counts: Final = Table(
    "mockspark_item_count",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    # Several rows per count, so that writers at the same time seldom wait for each other.
    Column("part", Integer, nullable=False),
    Column("items", Integer, nullable=False),
    PrimaryKeyConstraint("shop_id", "status", "part"),
    _within("mockspark_shop", "shop_id"),
)

submissions: Final = Table(
    "mockspark_submission",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("state", Text, nullable=False),
    Column("send_at", Moment),
    Column("poll_at", Moment),
    Column("version", Integer, nullable=False),
    Column("face", Text, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("shop_id", "id"),
    _one_of("state", SubmissionState),
    _within("mockspark_connection", "shop_id", "connection_id"),
    _partial("ix_mockspark_submission_send", "send_at", where="send_at IS NOT NULL"),
    _partial("ix_mockspark_submission_poll", "poll_at", where="poll_at IS NOT NULL"),
)

submission_items: Final = Table(
    "mockspark_submission_item",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("submission_id", Uuid, nullable=False),
    Column("item_id", Uuid, nullable=False),
    Column("live", Boolean, nullable=False),
    PrimaryKeyConstraint("shop_id", "submission_id", "item_id"),
    _within("mockspark_submission", "shop_id", "submission_id"),
    _within("mockspark_item", "shop_id", "item_id"),
    _partial("uq_mockspark_submission_item_live", "shop_id", "item_id", where="live", unique=True),
    Index("ix_mockspark_submission_item_item", "shop_id", "item_id"),
)

provider_orders: Final = Table(
    "mockspark_provider_order",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    Column("system", Key, nullable=False),
    Column("ref", Key, nullable=False),
    Column("submission_id", Uuid, nullable=False),
    PrimaryKeyConstraint("shop_id", "connection_id", "system", "ref"),
    _within("mockspark_submission", "shop_id", "submission_id"),
    Index("ix_mockspark_provider_order_submission", "shop_id", "submission_id"),
)

timeline: Final = Table(
    "mockspark_timeline",
    metadata,
    Column("position", WholeNumber, primary_key=True),
    Column("shop_id", Text, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("event", Text, nullable=False),
    Index("ix_mockspark_timeline_subject", "shop_id", "subject", "position"),
)

leases: Final = Table(
    "mockspark_lease",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("claims", Integer, nullable=False),
    Column("until", Moment),
    PrimaryKeyConstraint("shop_id", "key"),
    _within("mockspark_shop", "shop_id"),
)

replies: Final = Table(
    "mockspark_reply",
    metadata,
    Column("shop_id", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("key", Words, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("reserved_at", Moment, nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("shop_id", "route", "key"),
    _within("mockspark_shop", "shop_id"),
    Index("ix_mockspark_reply_reserved", "shop_id", "reserved_at"),
)

deliveries: Final = Table(
    "mockspark_delivery",
    metadata,
    Column("id", WholeNumber, primary_key=True),
    Column("source", Text, nullable=False),
    Column("shop_id", Text, nullable=False),
    Column("delivery_id", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("event_id", Words, nullable=False),
    Column("triggered_at", Moment),
    Column("received_at", Moment, nullable=False),
    Column("free_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("outcome", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("source", "shop_id", "delivery_id"),
    _partial("ix_mockspark_delivery_open", "free_at", "id", where="free_at IS NOT NULL"),
    Index("ix_mockspark_delivery_shop", "shop_id"),
)

refusals: Final = Table(
    "mockspark_refusal",
    metadata,
    Column("source", Text, nullable=False),
    Column("why", Words, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("source", "why"),
)
