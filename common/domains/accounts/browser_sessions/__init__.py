"""Who is signed in to the pages: one row for each browser."""
