"""What a publication consists of: what has to be rendered, and pages, feeds and archive."""
