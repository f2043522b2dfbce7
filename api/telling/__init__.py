"""What is told of the service's own work, and never whose data it was: log lines, spans, what a crash leaves."""
