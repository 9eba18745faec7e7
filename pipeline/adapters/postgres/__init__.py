"""The Ledger port on PostgreSQL, for machines that share nothing else. Imported only where a site has one."""
