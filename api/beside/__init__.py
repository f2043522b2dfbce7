"""What goes on beside the requests of a service: checkpoints, tidying, following, memory given back."""
