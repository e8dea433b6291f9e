-- Keys are their UTF-8 bytes, so that the order is S3's. Times are .NET ticks (100 ns), UTC.

-- The current version of every object that has one.
CREATE TABLE tbl_object (
  bucket             varchar(63) NOT NULL,
  object_key         BLOB NOT NULL,
  version_id         BLOB NOT NULL,
  sha256             BLOB NOT NULL,
  sha1               BLOB NOT NULL,
  size               bigint NOT NULL,
  etag               varchar(64) NOT NULL,
  modified_at        bigint NOT NULL,
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  checksum           varchar(128) NULL,
  attributes         text NULL,                 -- JSON; NULL where the client said nothing
  PRIMARY KEY (bucket, object_key)
) WITHOUT ROWID;

-- All versions and delete markers. A version is current from from_position until before to_position.
CREATE TABLE tbl_object_version (
  bucket             varchar(63) NOT NULL,
  object_key         BLOB NOT NULL,
  from_position      bigint NOT NULL,
  to_position        bigint NOT NULL,           -- 9223372036854775807: still current
  from_time          bigint NOT NULL,
  to_time            bigint NOT NULL,           -- 9223372036854775807: still current
  version_id         BLOB NOT NULL,
  sha256             BLOB NULL,                 -- NULL from here on in a delete marker
  sha1               BLOB NULL,
  size               bigint NULL,
  etag               varchar(64) NULL,
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  checksum           varchar(128) NULL,
  attributes         text NULL,
  PRIMARY KEY (bucket, object_key, from_position)
) WITHOUT ROWID;
