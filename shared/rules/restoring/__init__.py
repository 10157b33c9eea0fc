"""What a restore will make, decided before the first write."""
