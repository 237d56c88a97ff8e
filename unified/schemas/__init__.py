"""The vocabulary: what a ticket, a comment, a contact is, whoever the provider."""
