-- Who may sign in. None of this can be rebuilt from the log, which holds no secrets. Times are UTC: datetime as in the
-- documented tables, or milliseconds since 1970 where they are reckoned with.

CREATE TABLE IF NOT EXISTS tbl_user (
  id              int NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_name       varchar(64) NOT NULL,
  user_pwd        varchar(256) NOT NULL COMMENT 'pbkdf2-sha512$iterations$salt$hash',
  email           varchar(255) NULL,
  phone           char(11) NULL,
  email_validated tinyint(1) unsigned NOT NULL DEFAULT 0,
  phone_validated tinyint(1) unsigned NOT NULL DEFAULT 0,
  signup_at       datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_active     datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  profile         text NULL,
  status          int unsigned NOT NULL DEFAULT 0 COMMENT '0 pending, 1 enabled, 2 locked, 3 deleted',
  UNIQUE KEY uk_user_name (user_name),
  UNIQUE KEY uk_phone (phone),
  KEY idx_status (status)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The newest sign-in of each user; all of them are in tbl_user_session.
CREATE TABLE IF NOT EXISTS tbl_user_token (
  id         bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_name  varchar(64) NOT NULL,
  user_token char(40) NOT NULL COMMENT 'first 40 hex digits of the SHA-256 of the token',
  expires_at bigint NOT NULL,
  UNIQUE KEY uk_user_name (user_name)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tbl_user_session (
  token_hash binary(32) NOT NULL PRIMARY KEY COMMENT 'SHA-256 of the token',
  user_name  varchar(64) NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  KEY idx_user_name (user_name, created_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE IF NOT EXISTS tbl_access_key (
  access_key char(20) NOT NULL PRIMARY KEY,
  user_name  varchar(64) NOT NULL,
  secret_key varbinary(255) NOT NULL COMMENT 'AES-256-GCM: nonce, ciphertext, tag',
  created_at bigint NOT NULL,
  status     int unsigned NOT NULL DEFAULT 0 COMMENT '0 pending, 1 enabled, 2 revoked',
  KEY idx_user_name (user_name, created_at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The key of each user's personal data, which the log has encrypted: without it nobody reads that again.
CREATE TABLE IF NOT EXISTS tbl_personal_key (
  user_name  varchar(64) NOT NULL PRIMARY KEY,
  key_id     char(32) NOT NULL,
  sealed_key varbinary(255) NOT NULL COMMENT 'AES-256-GCM under Varve:Identity:Key: nonce, ciphertext, tag'
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- A known text under the key that all processes must have; one row.
CREATE TABLE IF NOT EXISTS tbl_identity_key (
  name   varchar(64) NOT NULL PRIMARY KEY,
  sealed varbinary(255) NOT NULL
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
