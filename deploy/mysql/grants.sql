-- A rebuild fills a database beside the one in use, and then drops the old one.
GRANT ALL ON `filestore\_server%`.* TO 'varve'@'%';
CREATE USER 'replica'@'%' IDENTIFIED BY 'replica';
GRANT REPLICATION SLAVE ON *.* TO 'replica'@'%';
