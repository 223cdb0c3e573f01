"""Organizations made from a licence file that somebody brings: same id, features, dates, and that licence again."""
