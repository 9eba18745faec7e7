-- The databases and accounts that the roles of this stage asked for.
CREATE DATABASE IF NOT EXISTS stagegate;
CREATE TABLE IF NOT EXISTS stagegate.applied (name VARCHAR(64) PRIMARY KEY, revision VARCHAR(128) NOT NULL);
CREATE TABLE IF NOT EXISTS stagegate.probe (id VARCHAR(64) PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE USER IF NOT EXISTS 'probe'@'%' IDENTIFIED BY '{{ secret("database_probe_password") }}';
ALTER USER 'probe'@'%' IDENTIFIED BY '{{ secret("database_probe_password") }}';
GRANT SELECT, INSERT, DELETE ON stagegate.probe TO 'probe'@'%';
{% for account in accounts %}
CREATE USER IF NOT EXISTS '{{ account }}'@'%' IDENTIFIED BY '{{ secret("database_" ~ account ~ "_password") }}';
ALTER USER '{{ account }}'@'%' IDENTIFIED BY '{{ secret("database_" ~ account ~ "_password") }}';
GRANT SELECT, INSERT, DELETE ON stagegate.applied TO '{{ account }}'@'%';
{% endfor %}
{% for database in databases %}
CREATE DATABASE IF NOT EXISTS {{ database.name }} CHARACTER SET utf8mb3;
GRANT ALL ON {{ database.name }}.* TO '{{ database.account }}'@'%';
{% endfor %}
