"""What all sides believe, side by side."""
