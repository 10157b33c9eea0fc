"""How storage is called: clients and credentials, retry budgets, refusals, the fence."""
