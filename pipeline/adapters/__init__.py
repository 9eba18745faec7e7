"""The adapters: one file per port and technology."""
