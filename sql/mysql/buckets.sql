CREATE TABLE tbl_bucket (
  name          varchar(63) NOT NULL PRIMARY KEY,
  owner         varchar(64) NOT NULL,
  created_at    bigint NOT NULL COMMENT '.NET ticks, UTC',
  from_position bigint NOT NULL COMMENT 'of the event that made it',
  versioning    varchar(16) NULL COMMENT 'Enabled, Suspended; NULL: never had it',
  lifecycle     mediumtext NULL COMMENT 'JSON of the rules; NULL for none',
  policy        text NULL COMMENT 'from here on NULL where it is not configured; all but this are JSON',
  policy_binds  int NULL COMMENT '1: a denial binds the owner too',
  acl           text NULL,
  ownership     varchar(32) NULL,
  public_access text NULL,
  cors          mediumtext NULL,
  tags          mediumtext NULL,
  encryption    text NULL,
  KEY idx_owner (owner, name)
);

-- Buckets that are no more: they were there from from_position until before to_position.
CREATE TABLE tbl_bucket_version (
  name          varchar(63) NOT NULL,
  from_position bigint NOT NULL,
  to_position   bigint NOT NULL,
  owner         varchar(64) NOT NULL,
  created_at    bigint NOT NULL,
  PRIMARY KEY (name, from_position)
);
