"""The release dial of every app of the stack."""
