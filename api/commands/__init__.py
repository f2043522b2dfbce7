"""One module a noun; `api.cli.COMMANDS` names them. What is heavy is imported inside the command."""
