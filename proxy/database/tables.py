"""The tables, as they are after the last migration; times are milliseconds since 1970 (UTC)."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

HEAD = "0004"
"""The migration that leads to these tables; ``/ready`` compares it with the database's."""

ID = String(36)
DIGEST = String(80)
WORD = String(64)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", ID, primary_key=True),
    Column("tenant_id", String(255), nullable=False),
    Column("integration", WORD, nullable=False),
    Column("label", Text, nullable=False),
    Column("status", String(16), nullable=False),  # active, needs_reauth, blocked
    Column("context", Text, nullable=False),  # JSON object: the connection fields, nothing secret
    Column("origin", Text, nullable=False),  # where the credential was verified; it opens for no other
    Column("identity", Text, nullable=False),  # the provider's own id of what was linked
    Column("credential", Text, nullable=False),  # sealed JSON object, bound to id, column and origin
    Column("version", String(64)),  # the provider's own, where its file says how to read it
    Column("version_at", BigInteger),  # when that was asked last
    Column("refusals", Integer, nullable=False, server_default="0"),  # in a row, by the provider, of the credential
    Column("last_error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "tenant_id", "integration"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(255), nullable=False),
    Column("digest", DIGEST, nullable=False, unique=True),  # the key itself is kept nowhere
    Column("prefix", String(16), nullable=False),  # the first characters, to recognise a key by
    Column("scopes", Text, nullable=False),  # words separated by spaces
    Column("tenant_ids", Text),  # JSON list; null: every tenant
    Column("owner_id", ID, nullable=False),  # the first key of a chain of replacements: itself where it replaces none
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
)

account_tokens = Table(
    "account_tokens",
    metadata,
    Column("id", ID, primary_key=True),
    Column("digest", DIGEST, nullable=False, unique=True),
    Column("account_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("api_key_id", ID, ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("scopes", Text, nullable=False),
    Column("allowed_origins", Text),  # JSON list; null: no browser may use it
    Column("expires_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)

journal = Table(
    "journal",
    metadata,
    Column("id", ID, primary_key=True),
    Column("scope", DIGEST, nullable=False, unique=True),  # keyed digest of account, owner, method, path and key
    Column("account_id", ID, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("state", String(16), nullable=False),  # running, suspended, finished
    Column("run", ID),  # the run that holds the lease
    Column("lease_until", BigInteger),
    Column("request", Text, nullable=False),  # sealed: what was asked, with the caller's key
    Column("progress", Text, nullable=False),  # sealed: the steps, and what the first run fixed
    Column("answer", Text),  # sealed
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

links = Table(
    "links",
    metadata,
    Column("id", ID, primary_key=True),
    Column("digest", DIGEST, nullable=False, unique=True),  # the link token itself is kept nowhere
    Column("api_key_id", ID, ForeignKey("api_keys.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("tenant_id", String(255), nullable=False),
    Column("tenant_name", Text),  # what the page shows instead of the id
    Column("integrations", Text, nullable=False),  # JSON list: the providers to choose from
    Column("account_id", ID),  # the account to link again; null: a new one
    Column("context", Text, nullable=False),  # JSON object: connection fields that the customer cannot change
    Column("redirect_uri", Text),
    Column("origin", Text),  # the one origin that the page posts messages to
    Column("holder", WORD),  # the browser that began; none other may go on
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("candidate", Text),  # sealed: what the provider took, until the customer says that it is the right one
    Column("linked_id", ID),  # the account that was linked
    Column("used_at", BigInteger),
    Column("expires_at", BigInteger, nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", ID, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("actor", String(128), nullable=False),  # key:<id>, token:<id> or link:<id>; key:cli is the command line
    Column("action", WORD, nullable=False),  # account.create, key.revoke, ..
    Column("subject", String(128), nullable=False),
    Column("detail", Text, nullable=False),  # JSON object: names of what changed, never content
)
