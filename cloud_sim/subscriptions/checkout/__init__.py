"""What the web vault asks before something is bought: cards, taxes, totals."""
