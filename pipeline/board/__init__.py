"""`promote serve`: a site in a browser, its figures for Prometheus, and webhooks that begin promotions.

It stands above the command line: its pages show the documents of `-o json`, and it decides nothing itself.
Who logs in by GitLab approves and rejects as by the verbs of these names.
"""
