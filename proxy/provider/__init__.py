"""What a provider is: the words of ``provider.yaml`` and the account that is linked to it."""
