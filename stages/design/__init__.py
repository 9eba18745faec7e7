"""The desired stage as values: hosts, roles, manifests. Nothing here touches a machine."""
