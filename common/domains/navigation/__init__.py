"""The frame round the pages of both apps: products, side navigation, organizations, banners."""
