"""Paper on screens: statements, their public check, the packet of an application, the close of a year."""
