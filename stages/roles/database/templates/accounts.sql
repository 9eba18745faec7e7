-- The databases and accounts that the roles of this stage asked for.
CREATE DATABASE IF NOT EXISTS stagegate;
CREATE TABLE IF NOT EXISTS stagegate.applied (name VARCHAR(64) PRIMARY KEY, revision VARCHAR(128) NOT NULL);
CREATE TABLE IF NOT EXISTS stagegate.probe (id VARCHAR(64) PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE USER IF NOT EXISTS 'probe'@'%' IDENTIFIED BY '{{ secret("database_probe_password") }}';
ALTER USER 'probe'@'%' IDENTIFIED BY '{{ secret("database_probe_password") }}';
GRANT SELECT, INSERT, DELETE ON stagegate.probe TO 'probe'@'%';
{% for name in databases %}
CREATE DATABASE IF NOT EXISTS {{ name }} CHARACTER SET utf8mb3;
CREATE USER IF NOT EXISTS '{{ name }}'@'%' IDENTIFIED BY '{{ secret("database_" ~ name ~ "_password") }}';
ALTER USER '{{ name }}'@'%' IDENTIFIED BY '{{ secret("database_" ~ name ~ "_password") }}';
GRANT ALL ON {{ name }}.* TO '{{ name }}'@'%';
GRANT SELECT, INSERT, DELETE ON stagegate.applied TO '{{ name }}'@'%';
{% endfor %}
