"""OVN's control plane: northd and the two clustered databases."""
