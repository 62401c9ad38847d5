"""Small programs for whoever keeps the lists; nothing that a run needs."""
