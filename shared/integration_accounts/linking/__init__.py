"""Links between services and integration accounts, and the accounts that there are."""
