"""What a peer can do wrong: rules that say which calls go wrong, and how."""
