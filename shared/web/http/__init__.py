"""What every HTTP function shares: the route, bodies, errors, ETags, paging, the caller."""
