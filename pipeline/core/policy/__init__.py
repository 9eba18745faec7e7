"""Whether a release may enter a stage, and go on there: rules, each in a file, and one decision of all."""
