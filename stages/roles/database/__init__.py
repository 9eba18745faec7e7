"""MariaDB with Galera: the one shared database of a stage."""
