-- Keys are their UTF-8 bytes, so that the order is S3's. Times are .NET ticks (100 ns), UTC.

-- The current version of every object that has one.
CREATE TABLE tbl_object (
  bucket             varchar(63) NOT NULL,
  object_key         BLOB NOT NULL,
  from_position      bigint NOT NULL,           -- of the event that made it current, or amended it
  from_time          bigint NOT NULL,           -- its last modification
  made_position      bigint NOT NULL,           -- of the event that gave the name this content
  put_position       bigint NOT NULL,           -- of the event that made the version: the order of versions
  version_id         BLOB NOT NULL,
  sha256             BLOB NOT NULL,
  sha1               BLOB NOT NULL,
  size               bigint NOT NULL,
  etag               varchar(64) NOT NULL,
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  checksum           varchar(128) NULL,
  content_type       text NULL,
  attributes         text NULL,                 -- JSON of headers, user metadata, upload, encryption, if any
  null_version       int NOT NULL,              -- 1: S3 calls it 'null', 0: by its version_id
  tags               text NULL,                 -- JSON; NULL where there are none
  object_lock        text NULL,                 -- JSON of retention and legal hold; NULL where neither was ever set
  acl                text NULL,                 -- JSON; NULL where it is its bucket owner's alone
  PRIMARY KEY (bucket, object_key)
) WITHOUT ROWID;

-- What was current from from_position until before to_position, and the delete markers that stand now. That a version
-- comes here only when it is over halves the cost of a new object; view_object_version has them all.
CREATE TABLE tbl_object_version (
  bucket             varchar(63) NOT NULL,
  object_key         BLOB NOT NULL,
  from_position      bigint NOT NULL,
  from_time          bigint NOT NULL,
  to_position        bigint NOT NULL,           -- 9223372036854775807: a delete marker that stands
  to_time            bigint NOT NULL,           -- likewise; from_time where it was only amended
  made_position      bigint NOT NULL,
  put_position       bigint NOT NULL,
  version_id         BLOB NOT NULL,
  sha256             BLOB NULL,                 -- NULL from here on in a delete marker
  sha1               BLOB NULL,
  size               bigint NULL,
  etag               varchar(64) NULL,
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  checksum           varchar(128) NULL,
  content_type       text NULL,
  attributes         text NULL,
  null_version       int NOT NULL,
  tags               text NULL,
  object_lock        text NULL,
  acl                text NULL,
  PRIMARY KEY (bucket, object_key, from_position)
) WITHOUT ROWID;
CREATE INDEX tbl_object_version_idx_file ON tbl_object_version (bucket, sha1, from_position, to_position);

-- What a versioned bucket holds beside its current objects: the versions behind them, and the delete markers. A row goes
-- when the version is deleted for good, or is the current one again.
CREATE TABLE tbl_object_noncurrent (
  bucket             varchar(63) NOT NULL,
  object_key         BLOB NOT NULL,
  put_position       bigint NOT NULL,           -- the greater, the newer
  from_time          bigint NOT NULL,
  version_id         BLOB NOT NULL,
  sha256             BLOB NULL,                 -- NULL from here on in a delete marker
  sha1               BLOB NULL,
  size               bigint NULL,
  etag               varchar(64) NULL,
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  checksum           varchar(128) NULL,
  content_type       text NULL,
  attributes         text NULL,
  null_version       int NOT NULL,
  tags               text NULL,
  object_lock        text NULL,
  acl                text NULL,
  PRIMARY KEY (bucket, object_key, put_position DESC)
) WITHOUT ROWID;

-- All versions and delete markers. As of position P: from_position <= P AND to_position > P.
CREATE VIEW view_object_version AS
SELECT bucket, object_key, from_position, from_time, to_position, to_time, version_id, sha256, sha1, size, etag,
  checksum_algorithm, checksum_type, checksum, content_type, attributes, acl
FROM tbl_object_version
UNION ALL
SELECT bucket, object_key, from_position, from_time, 9223372036854775807, 9223372036854775807, version_id, sha256, sha1,
  size, etag, checksum_algorithm, checksum_type, checksum, content_type, attributes, acl
FROM tbl_object;

-- What is in the buckets that have a quota: versions and their bytes, delete markers not.
CREATE TABLE tbl_bucket_usage (
  bucket  varchar(63) NOT NULL PRIMARY KEY,
  objects bigint NOT NULL,
  bytes   bigint NOT NULL
) WITHOUT ROWID;
