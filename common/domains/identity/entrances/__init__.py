"""Entrances: who presents signs a browser in as anybody, with a link that control asked for. Ours alone."""
