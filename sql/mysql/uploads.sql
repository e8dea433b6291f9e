-- Open uploads: an upload that ended is in the log alone.
CREATE TABLE tbl_upload (
  upload_id    varchar(64) NOT NULL PRIMARY KEY,
  position     bigint NOT NULL COMMENT 'of its first event',
  bucket       varchar(63) NOT NULL,
  object_key   varbinary(1024) NOT NULL COMMENT 'UTF-8',
  initiator    varchar(64) NOT NULL,
  initiated_at bigint NOT NULL COMMENT '.NET ticks, UTC',
  storage_class      varchar(32) NULL COMMENT 'NULL: STANDARD',
  checksum_algorithm varchar(16) NULL,
  checksum_type      varchar(16) NULL,
  file_hash    char(40) NULL COMMENT 'SHA-1 that the whole must have; these four by REST only',
  file_size    bigint NULL,
  chunk_size   bigint NULL,
  chunk_count  int NULL,
  KEY idx_key (bucket, object_key, upload_id),
  KEY idx_begun (initiated_at),
  KEY idx_file (initiator, file_hash, position)
);

CREATE TABLE tbl_upload_part (
  upload_id   varchar(64) NOT NULL,
  number      int NOT NULL,
  size        bigint NOT NULL,
  etag        varchar(64) NOT NULL,
  checksum    varchar(128) NULL,
  location    varchar(1024) NOT NULL,
  uploaded_at bigint NOT NULL COMMENT '.NET ticks, UTC',
  PRIMARY KEY (upload_id, number)
);
