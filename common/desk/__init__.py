"""The desk: the start page, which leads to everything else, and the mailbox."""
