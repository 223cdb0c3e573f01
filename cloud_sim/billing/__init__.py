"""Pages that show what all of billing knows: subscriptions, licences, tokens, sponsorships."""
