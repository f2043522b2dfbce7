"""From one thing to whatever shares something with it; how an account decides; notes beside events."""
