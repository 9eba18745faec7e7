"""The ObjectStore port: a folder, or a bucket of S3."""
