"""One file a schema, which never changes again. The number of the schema is the id of the revision."""
