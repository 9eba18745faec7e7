"""How OpenStack services run on the hosts of roles: units, shared configuration sections, schemas."""
