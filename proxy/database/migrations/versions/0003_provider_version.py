"""The provider's own version, of each account."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the version and when it was asked for; accounts linked before are asked when it matters."""
    op.add_column("accounts", sa.Column("version", sa.String(64)))
    op.add_column("accounts", sa.Column("version_at", sa.BigInteger))


def downgrade() -> None:
    """Drops both."""
    op.drop_column("accounts", "version_at")
    op.drop_column("accounts", "version")
