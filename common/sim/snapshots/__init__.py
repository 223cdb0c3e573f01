"""Pictures of a whole stack: everything that its apps, its instance and its mailbox know, at one moment."""
