"""What many tests share: the app as tests have it, storage that breaks, steps and documents."""
