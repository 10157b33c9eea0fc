"""``make demo``: the main job told in a terminal, over HTTP, on a trading network of its own."""
