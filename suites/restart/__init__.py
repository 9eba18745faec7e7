"""The restart gate: every unit of every role is started anew once, and must be of use again."""
