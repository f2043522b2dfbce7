"""The door in a browser: a second factor, and single sign-on. The login itself is `page`."""
