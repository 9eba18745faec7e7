"""The object store: Swift with an S3 API, on one host outside the control plane."""
