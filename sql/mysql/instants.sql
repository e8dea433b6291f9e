-- The clock of the log, for asking after the past by time: at position the log first reached the millisecond time.
-- Times only grow: what a slower clock wrote later belongs to the time that the log had reached before.
CREATE TABLE tbl_instant (
  time     bigint NOT NULL PRIMARY KEY COMMENT 'milliseconds since 0001-01-01, UTC',
  position bigint NOT NULL
);
