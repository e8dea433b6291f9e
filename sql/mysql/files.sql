-- One row a SHA-1: the first content that had it, for as long as its bytes are there. id is the log position of the
-- event that made the row; all times are of events (UTC), so that a rebuild gives the same rows. Where sharded, the
-- rows of a hash are in the table with the last of its hex digits behind the name: tbl_file_00 … tbl_file_ff.
CREATE TABLE tbl_file (
  id          bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  file_hash   char(40) NOT NULL COMMENT 'SHA-1',
  file_name   varchar(1024) NOT NULL COMMENT 'name at first upload; wider than documented: S3 keys are longer',
  file_size   bigint NOT NULL COMMENT 'bytes',
  file_addr   varchar(1024) NOT NULL COMMENT 'location, nearest tier',
  create_at   datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  update_at   datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  status      int unsigned NOT NULL DEFAULT 0 COMMENT '0 disabled or pending, 1 available, 2 deleted (purged)',
  ext1        int unsigned NOT NULL DEFAULT 0,
  ext2        text NULL,
  sha256      binary(32) NOT NULL COMMENT 'the identity of the content',
  UNIQUE KEY uk_file_hash (file_hash),
  KEY idx_status (status)
);

-- One row a (user, content), under the newest name that the user gave it.
CREATE TABLE tbl_user_file (
  id          bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'wider than documented: a log position',
  user_name   varchar(64) NOT NULL,
  file_hash   varchar(64) NOT NULL DEFAULT '' COMMENT 'SHA-1',
  file_size   bigint unsigned NOT NULL,
  file_name   varchar(1024) NOT NULL DEFAULT '' COMMENT 'wider than documented: S3 keys are longer',
  upload_at   datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  status      int unsigned NOT NULL DEFAULT 0 COMMENT '0 normal, 1 deleted, 2 disabled',
  name_bytes  varbinary(1024) NOT NULL DEFAULT '' COMMENT 'file_name in UTF-8: the order of listings',
  UNIQUE KEY uk_user_file (user_name, file_hash),
  KEY idx_user_name (user_name, status, name_bytes),
  KEY idx_status (status)
);

-- Where each content is: the nearest of its sound copies; NULL once its bytes were purged.
CREATE TABLE tbl_content (
  sha256           binary(32) NOT NULL PRIMARY KEY,
  sha1             binary(20) NOT NULL,
  size             bigint NOT NULL,
  location         varchar(1024) NULL,
  damaged          int NOT NULL COMMENT '1 where no copy is sound',
  purge_not_before bigint NULL COMMENT '.NET ticks, UTC; set while a purge is scheduled'
);

-- All copies of each content.
CREATE TABLE tbl_content_copy (
  sha256    binary(32) NOT NULL,
  distance  int NOT NULL COMMENT 'of the tier, the nearest first: 1 local, 2 ceph, 3 oss',
  tier      varchar(64) NOT NULL,
  location  varchar(1024) NOT NULL,
  damaged   int NOT NULL,
  copied_at bigint NOT NULL COMMENT '.NET ticks, UTC',
  PRIMARY KEY (sha256, distance, tier)
);

-- Which buckets are homes, and whose.
CREATE TABLE tbl_home_bucket (
  bucket    varchar(63) NOT NULL PRIMARY KEY,
  user_name varchar(64) NOT NULL
);

-- Every name in a home bucket and the content that it points at.
CREATE TABLE tbl_user_file_name (
  user_name varchar(64) NOT NULL,
  file_name varbinary(1024) NOT NULL COMMENT 'UTF-8',
  file_hash varchar(64) NOT NULL,
  position  bigint NOT NULL COMMENT 'of the event that gave the name: the newest names the file',
  PRIMARY KEY (user_name, file_name),
  KEY idx_file (user_name, file_hash, position)
);
