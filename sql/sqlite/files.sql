-- The documented tables, in SQLite. Names of indexes carry their table's, because SQLite has one space of names for all.

-- One row a SHA-1: the first content that had it, for as long as its bytes are there. id is the log position of the
-- event that made the row; all times are of events (UTC), so that a rebuild gives the same rows.
CREATE TABLE tbl_file (
  id          INTEGER PRIMARY KEY,
  file_hash   char(40) NOT NULL,
  file_name   varchar(256) NOT NULL,            -- name at first upload; '' until an object points at the content
  file_size   bigint NOT NULL,
  file_addr   varchar(1024) NOT NULL,           -- location, nearest tier
  create_at   datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  update_at   datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  status      int unsigned NOT NULL DEFAULT 0,  -- 0 disabled or pending, 1 available, 2 deleted (purged)
  ext1        int unsigned NOT NULL DEFAULT 0,
  ext2        text NULL,
  sha256      BLOB NOT NULL                     -- Varve's own: the content's identity
);
CREATE UNIQUE INDEX tbl_file_uk_file_hash ON tbl_file (file_hash);
CREATE INDEX tbl_file_idx_status ON tbl_file (status);

-- One row a (user, content), under the newest name that the user gave it.
CREATE TABLE tbl_user_file (
  id          INTEGER PRIMARY KEY,
  user_name   varchar(64) NOT NULL,
  file_hash   varchar(64) NOT NULL DEFAULT '',
  file_size   bigint unsigned NOT NULL,
  file_name   varchar(1024) NOT NULL DEFAULT '', -- wider than documented: S3 keys are longer
  upload_at   datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  status      int unsigned NOT NULL DEFAULT 0,  -- 0 normal, 1 deleted, 2 disabled
  name_bytes  BLOB NOT NULL DEFAULT x''         -- file_name in UTF-8: the order of listings
);
CREATE UNIQUE INDEX tbl_user_file_uk_user_file ON tbl_user_file (user_name, file_hash);
CREATE INDEX tbl_user_file_idx_user_name ON tbl_user_file (user_name, status, name_bytes);
CREATE INDEX tbl_user_file_idx_status ON tbl_user_file (status);

-- Varve's own from here on. Where each content is: the nearest of its sound copies; NULL once its bytes were purged.
CREATE TABLE tbl_content (
  sha256           BLOB NOT NULL PRIMARY KEY,
  sha1             BLOB NOT NULL,
  size             bigint NOT NULL,
  location         varchar(1024) NULL,
  damaged          int NOT NULL,                -- 1 where no copy is sound
  purge_not_before bigint NULL                  -- .NET ticks, UTC; set while a purge is scheduled
) WITHOUT ROWID;

-- All copies of each content.
CREATE TABLE tbl_content_copy (
  sha256    BLOB NOT NULL,
  distance  int NOT NULL,                       -- of the tier, the nearest first: 1 local, 2 ceph, 3 oss
  tier      varchar(64) NOT NULL,
  location  varchar(1024) NOT NULL,
  damaged   int NOT NULL,
  copied_at bigint NOT NULL,                    -- .NET ticks, UTC
  PRIMARY KEY (sha256, distance, tier)
) WITHOUT ROWID;

-- Which buckets are homes, and whose.
CREATE TABLE tbl_home_bucket (
  bucket    varchar(63) NOT NULL PRIMARY KEY,
  user_name varchar(64) NOT NULL
) WITHOUT ROWID;

-- Every name in a home bucket and the content that it points at.
CREATE TABLE tbl_user_file_name (
  user_name varchar(64) NOT NULL,
  file_name BLOB NOT NULL,                      -- UTF-8
  file_hash varchar(64) NOT NULL,
  position  bigint NOT NULL,                    -- of the event that gave the name: the newest names the file
  PRIMARY KEY (user_name, file_name)
) WITHOUT ROWID;
CREATE INDEX tbl_user_file_name_idx_file ON tbl_user_file_name (user_name, file_hash, position);
