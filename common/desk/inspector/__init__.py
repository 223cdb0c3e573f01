"""The loop inspector: what each side believes, what crossed the wire, and which rule explains the difference."""
