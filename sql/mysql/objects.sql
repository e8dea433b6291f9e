-- Keys are their UTF-8 bytes, so that the order is S3's. Times are .NET ticks (100 ns), UTC.

-- The current version of every object that has one.
CREATE TABLE tbl_object (
  bucket             varchar(63) NOT NULL,
  object_key         varbinary(1024) NOT NULL,
  from_position      bigint NOT NULL COMMENT 'of the event that made it current, or amended it',
  from_time          bigint NOT NULL COMMENT 'its last modification',
  made_position      bigint NOT NULL COMMENT 'of the event that gave the name this content',
  put_position       bigint NOT NULL COMMENT 'of the event that made the version: the order of versions',
  version_id         varbinary(64) NOT NULL,
  sha256             binary(32) NOT NULL,
  sha1               binary(20) NOT NULL,
  size               bigint NOT NULL,
  etag               varchar(64) NOT NULL,
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  checksum           varchar(128) NULL,
  content_type       text NULL,
  attributes         mediumtext NULL COMMENT 'JSON of headers, user metadata, upload, encryption, if any',
  null_version       int NOT NULL COMMENT '1: S3 calls it null, 0: by its version_id',
  tags               text NULL COMMENT 'JSON; NULL where there are none',
  object_lock        text NULL COMMENT 'JSON of retention and legal hold; NULL where neither was ever set',
  acl                text NULL COMMENT 'JSON; NULL where it is its bucket owner alone',
  PRIMARY KEY (bucket, object_key)
);

-- What was current from from_position until before to_position, and the delete markers that stand now.
CREATE TABLE tbl_object_version (
  bucket             varchar(63) NOT NULL,
  object_key         varbinary(1024) NOT NULL,
  from_position      bigint NOT NULL,
  from_time          bigint NOT NULL,
  to_position        bigint NOT NULL COMMENT '9223372036854775807: a delete marker that stands',
  to_time            bigint NOT NULL COMMENT 'likewise; from_time where it was only amended',
  made_position      bigint NOT NULL,
  put_position       bigint NOT NULL,
  version_id         varbinary(64) NOT NULL,
  sha256             binary(32) NULL COMMENT 'NULL from here on in a delete marker',
  sha1               binary(20) NULL,
  size               bigint NULL,
  etag               varchar(64) NULL,
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  checksum           varchar(128) NULL,
  content_type       text NULL,
  attributes         mediumtext NULL,
  null_version       int NOT NULL,
  tags               text NULL,
  object_lock        text NULL,
  acl                text NULL,
  PRIMARY KEY (bucket, object_key, from_position),
  KEY idx_file (bucket, sha1, from_position, to_position)
);

-- What a versioned bucket holds beside its current objects: the versions behind them, and the delete markers. A row goes
-- when the version is deleted for good, or is the current one again.
CREATE TABLE tbl_object_noncurrent (
  bucket             varchar(63) NOT NULL,
  object_key         varbinary(1024) NOT NULL,
  put_position       bigint NOT NULL COMMENT 'the greater, the newer',
  from_time          bigint NOT NULL,
  version_id         varbinary(64) NOT NULL,
  sha256             binary(32) NULL COMMENT 'NULL from here on in a delete marker',
  sha1               binary(20) NULL,
  size               bigint NULL,
  etag               varchar(64) NULL,
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  checksum           varchar(128) NULL,
  content_type       text NULL,
  attributes         mediumtext NULL,
  null_version       int NOT NULL,
  tags               text NULL,
  object_lock        text NULL,
  acl                text NULL,
  PRIMARY KEY (bucket, object_key, put_position DESC)
);

-- What is in the buckets that have a quota: versions and their bytes, delete markers not.
CREATE TABLE tbl_bucket_usage (
  bucket  varchar(63) NOT NULL PRIMARY KEY,
  objects bigint NOT NULL,
  bytes   bigint NOT NULL
);
