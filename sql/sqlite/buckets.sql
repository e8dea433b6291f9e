CREATE TABLE tbl_bucket (
  name       varchar(63) NOT NULL PRIMARY KEY,
  owner      varchar(64) NOT NULL,
  created_at bigint NOT NULL                    -- .NET ticks, UTC
) WITHOUT ROWID;
CREATE INDEX tbl_bucket_idx_owner ON tbl_bucket (owner, name);
