"""How storage is asked: clients and credentials, patience, what it refused, the fence."""
