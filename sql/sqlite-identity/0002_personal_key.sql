-- The key of each user's personal data, which the log has encrypted: without it nobody reads that again.

CREATE TABLE tbl_personal_key (
  user_name  varchar(64) NOT NULL PRIMARY KEY,
  key_id     char(32) NOT NULL,
  sealed_key BLOB NOT NULL                          -- AES-256-GCM under secret.key: nonce, ciphertext, tag
) WITHOUT ROWID;
