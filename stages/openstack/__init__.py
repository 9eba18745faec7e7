"""How OpenStack's own services run on the hosts of the roles: units, shared sections, schemas."""
