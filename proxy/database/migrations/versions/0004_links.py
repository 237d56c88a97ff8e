"""Links: how a customer links an account on our page."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "links",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(80), nullable=False),
        sa.Column("api_key_id", sa.String(36), nullable=False),
        sa.Column("tenant_id", sa.String(255), nullable=False),
        sa.Column("tenant_name", sa.Text),
        sa.Column("integrations", sa.Text, nullable=False),
        sa.Column("account_id", sa.String(36)),
        sa.Column("context", sa.Text, nullable=False),
        sa.Column("redirect_uri", sa.Text),
        sa.Column("origin", sa.Text),
        sa.Column("holder", sa.String(64)),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("candidate", sa.Text),
        sa.Column("linked_id", sa.String(36)),
        sa.Column("used_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("digest", name="uq_links_digest"),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_keys.id"], name="fk_links_api_key_id", ondelete="CASCADE"),
    )
    op.create_index("ix_links_api_key_id", "links", ["api_key_id"])
    op.create_index("ix_links_expires_at", "links", ["expires_at"])


def downgrade() -> None:
    """Drops it."""
    op.drop_table("links")
