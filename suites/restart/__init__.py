"""The restart gate: restarts every unit of every role once; each component must do its job again."""
