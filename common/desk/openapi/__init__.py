"""One document of all control: of the desk, and of every app of the stack."""
