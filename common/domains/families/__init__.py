"""Families sponsorships: who may give them away, take them back and see them. The book of them is `sponsorships`."""
