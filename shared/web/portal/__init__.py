"""The portal: the page in a browser that operators work with, and how it is served."""
