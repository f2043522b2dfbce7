"""What `xueshi doctor` looks at: machine, database, register, programs outside. Each check has its cure."""
