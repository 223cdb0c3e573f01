"""The built-in mailbox: accepts every mail over SMTP, keeps it in a directory, shows it as JSON and as pages."""
