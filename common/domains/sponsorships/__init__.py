"""The book of Families sponsorships: the rows, their rules, what they mean for seats and members."""
