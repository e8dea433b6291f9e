-- Who may sign in. Kept apart from the read models: none of this can be rebuilt from the log, which holds no secrets.
-- Times are UTC: text as in the documented tables, or milliseconds since 1970 where they are reckoned with.

CREATE TABLE tbl_user (
  id              INTEGER PRIMARY KEY,
  user_name       varchar(64) NOT NULL,
  user_pwd        varchar(256) NOT NULL,            -- pbkdf2-sha512$iterations$salt$hash
  email           varchar(255) NULL,
  phone           char(11) NULL,
  email_validated tinyint(1) NOT NULL DEFAULT 0,
  phone_validated tinyint(1) NOT NULL DEFAULT 0,
  signup_at       datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_active     datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  profile         text NULL,
  status          int unsigned NOT NULL DEFAULT 0   -- 0 pending, 1 enabled, 2 locked, 3 deleted
);
CREATE UNIQUE INDEX tbl_user_uk_user_name ON tbl_user (user_name);
CREATE UNIQUE INDEX tbl_user_uk_phone ON tbl_user (phone);
CREATE INDEX tbl_user_idx_status ON tbl_user (status);

-- The newest sign-in of each user; all of them are in tbl_user_session.
CREATE TABLE tbl_user_token (
  id         INTEGER PRIMARY KEY,
  user_name  varchar(64) NOT NULL,
  user_token char(40) NOT NULL,                     -- first 40 hex digits of the token's SHA-256
  expires_at bigint NOT NULL
);
CREATE UNIQUE INDEX tbl_user_token_uk_user_name ON tbl_user_token (user_name);

CREATE TABLE tbl_user_session (
  token_hash BLOB NOT NULL PRIMARY KEY,             -- SHA-256 of the token
  user_name  varchar(64) NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL
) WITHOUT ROWID;
CREATE INDEX tbl_user_session_idx_user_name ON tbl_user_session (user_name, created_at);

CREATE TABLE tbl_access_key (
  access_key char(20) NOT NULL PRIMARY KEY,
  user_name  varchar(64) NOT NULL,
  secret_key BLOB NOT NULL,                         -- AES-256-GCM: nonce, ciphertext, tag
  created_at bigint NOT NULL,
  status     int unsigned NOT NULL DEFAULT 0        -- 0 pending, 1 enabled, 2 revoked
) WITHOUT ROWID;
CREATE INDEX tbl_access_key_idx_user_name ON tbl_access_key (user_name, created_at);
