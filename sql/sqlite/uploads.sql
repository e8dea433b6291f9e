-- Open uploads: an upload that ended is in the log alone.
CREATE TABLE tbl_upload (
  upload_id    varchar(64) NOT NULL PRIMARY KEY,
  position     bigint NOT NULL,                 -- of its first event
  bucket       varchar(63) NOT NULL,
  object_key   BLOB NOT NULL,                   -- UTF-8
  initiator    varchar(64) NOT NULL,
  initiated_at bigint NOT NULL,                 -- .NET ticks, UTC
  storage_class      varchar(32) NULL,          -- NULL: STANDARD
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  file_hash    char(40) NULL,                   -- SHA-1 that the whole must have; these four by REST only
  file_size    bigint NULL,
  chunk_size   bigint NULL,
  chunk_count  int NULL
) WITHOUT ROWID;
CREATE INDEX tbl_upload_idx_key ON tbl_upload (bucket, object_key, upload_id);
CREATE INDEX tbl_upload_idx_begun ON tbl_upload (initiated_at);
CREATE INDEX tbl_upload_idx_file ON tbl_upload (initiator, file_hash, position);

CREATE TABLE tbl_upload_part (
  upload_id   varchar(64) NOT NULL,
  number      int NOT NULL,
  size        bigint NOT NULL,
  etag        varchar(64) NOT NULL,
  checksum    varchar(128) NULL,
  location    varchar(1024) NOT NULL,
  uploaded_at bigint NOT NULL,                  -- .NET ticks, UTC
  PRIMARY KEY (upload_id, number)
) WITHOUT ROWID;
