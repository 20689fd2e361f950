"""What the use cases need of the world, as protocols. Adapters implement them; tests fake them."""
