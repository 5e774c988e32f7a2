"""Fonts that shops upload."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of fonts."""
    op.create_table(
        "mockspark_font",
        sa.Column("shop_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["mockspark_shop.id"], name=op.f("fk_mockspark_font_mockspark_shop")
        ),
        sa.PrimaryKeyConstraint("shop_id", "sha256", name=op.f("pk_mockspark_font")),
    )
