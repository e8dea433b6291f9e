CREATE TABLE tbl_bucket (
  name          varchar(63) NOT NULL PRIMARY KEY,
  owner         varchar(64) NOT NULL,
  created_at    bigint NOT NULL,                -- .NET ticks, UTC
  from_position bigint NOT NULL,                -- of the event that made it
  versioning    varchar(16) NULL,               -- Enabled, Suspended; NULL: never had it
  lifecycle     text NULL,                      -- JSON of the rules; NULL for none
  policy        text NULL,                      -- from here on NULL where it is not configured; all but this are JSON
  policy_binds  int NULL,                       -- 1: a denial binds the owner too
  acl           text NULL,
  ownership     varchar(32) NULL,
  public_access text NULL,
  cors          text NULL,
  tags          text NULL,
  encryption    text NULL
) WITHOUT ROWID;
CREATE INDEX tbl_bucket_idx_owner ON tbl_bucket (owner, name);

-- Buckets that are no more: they were there from from_position until before to_position.
CREATE TABLE tbl_bucket_version (
  name          varchar(63) NOT NULL,
  from_position bigint NOT NULL,
  to_position   bigint NOT NULL,
  owner         varchar(64) NOT NULL,
  created_at    bigint NOT NULL,
  PRIMARY KEY (name, from_position)
) WITHOUT ROWID;
