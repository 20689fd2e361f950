UPDATE items SET title_key = normalised(title) WHERE title_key <> normalised(title);

UPDATE sightings SET title_key = normalised(title) WHERE title_key <> normalised(title);
