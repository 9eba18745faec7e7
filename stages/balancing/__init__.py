"""What hosts behind the load balancers share: how one leaves their rotation before it stops."""
