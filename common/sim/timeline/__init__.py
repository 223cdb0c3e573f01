"""What time brings, app by app: the moments that matter, the runs that fall due, and going from one to the next."""
