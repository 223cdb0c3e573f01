"""With what and from where somebody pays: told once, kept masked; nothing is ever charged."""
