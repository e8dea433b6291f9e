-- Work that one process at a time does, and which one it is. Times are the server's, UTC.
CREATE TABLE IF NOT EXISTS tbl_lease (
  name       varchar(64) NOT NULL PRIMARY KEY,
  holder     varchar(255) NOT NULL,
  expires_at datetime(6) NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
