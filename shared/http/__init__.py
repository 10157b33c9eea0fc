"""What every HTTP function shares: routes, bodies, errors, ETags, paging, monitors."""
