"""moto: the state behind the local AWS, in a process of its own, with what it lacks added, one file per service."""
