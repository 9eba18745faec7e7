"""What is shared by roles whose hosts form a cluster by themselves."""
