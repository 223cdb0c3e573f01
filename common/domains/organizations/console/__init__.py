"""What the Admin Console asks for and what no organization can have here."""
