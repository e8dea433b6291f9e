-- How far the projections of this database are that run. Moved by compare-and-set in the transaction of the rows.
CREATE TABLE tbl_checkpoint (
  name     varchar(64) NOT NULL PRIMARY KEY,
  position bigint NOT NULL
);
INSERT INTO tbl_checkpoint (name, position) VALUES ('read-models', 0);

-- Projections that met an event which they can't take. They have everything before it, and nothing from it on.
CREATE TABLE tbl_stopped (
  projection varchar(64) NOT NULL PRIMARY KEY COMMENT 'without its version',
  position   bigint NOT NULL COMMENT 'of that event',
  stream     varbinary(4096) NOT NULL COMMENT 'UTF-8',
  revision   bigint NOT NULL,
  type       varchar(255) NOT NULL,
  reason     text NOT NULL
);

-- What these tables are; one row.
CREATE TABLE tbl_generation (
  number      int NOT NULL PRIMARY KEY COMMENT 'counts the rebuilds',
  fingerprint char(64) NOT NULL COMMENT 'of the schema and of the projections: another one means rebuild',
  shards      int NOT NULL COMMENT 'tables that tbl_file is: 1, 16 or 256',
  condemned   text NULL COMMENT 'why the rows are not to be trusted'
);
