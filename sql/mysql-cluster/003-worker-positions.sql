-- How far each worker has handled the log: whoever takes its lease over goes on from here.
CREATE TABLE IF NOT EXISTS tbl_worker_position (
  name     varchar(64) NOT NULL PRIMARY KEY,
  position bigint NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
