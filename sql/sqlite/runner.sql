-- How far the projections of this database are that run. Moved by compare-and-set in the transaction of the rows.
CREATE TABLE tbl_checkpoint (
  name     varchar(64) NOT NULL PRIMARY KEY,
  position bigint NOT NULL
) WITHOUT ROWID;
INSERT INTO tbl_checkpoint (name, position) VALUES ('read-models', 0);

-- Projections that met an event which they can't take. They have everything before it, and nothing from it on.
CREATE TABLE tbl_stopped (
  projection varchar(64) NOT NULL PRIMARY KEY,  -- without its version
  position   bigint NOT NULL,                   -- of that event
  stream     BLOB NOT NULL,                     -- UTF-8
  revision   bigint NOT NULL,
  type       varchar(255) NOT NULL,
  reason     text NOT NULL
) WITHOUT ROWID;
