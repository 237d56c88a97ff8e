"""The write journal."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "journal",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("scope", sa.String(80), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("run", sa.String(36)),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("progress", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
        sa.UniqueConstraint("scope", name="uq_journal_scope"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_journal_account_id", ondelete="CASCADE"),
    )
    op.create_index("ix_journal_account_id", "journal", ["account_id"])
    op.create_index("ix_journal_expires_at", "journal", ["expires_at"])


def downgrade() -> None:
    """Drops it."""
    op.drop_table("journal")
