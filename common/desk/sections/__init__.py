"""What the desk answers, in parts that are loaded when somebody first asks for one of their paths."""
