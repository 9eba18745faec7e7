"""What a stage is to be, as values: hosts, roles, manifests. Nothing here touches a machine."""
