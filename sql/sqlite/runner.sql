-- How far the read models of this database are. Moved by compare-and-set in the transaction of the rows.
CREATE TABLE tbl_checkpoint (
  name     varchar(64) NOT NULL PRIMARY KEY,
  position bigint NOT NULL
) WITHOUT ROWID;
INSERT INTO tbl_checkpoint (name, position) VALUES ('read-models', 0);

-- Events that a projection could not take, and all later ones of their streams.
CREATE TABLE tbl_parked (
  projection varchar(64) NOT NULL,
  position   bigint NOT NULL,
  stream     BLOB NOT NULL,                     -- UTF-8
  type       varchar(255) NOT NULL,
  reason     text NOT NULL,
  PRIMARY KEY (projection, position)
) WITHOUT ROWID;
