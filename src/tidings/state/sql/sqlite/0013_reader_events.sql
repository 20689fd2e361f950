CREATE TABLE reader_events (
	id INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	digest VARCHAR NOT NULL,
	at VARCHAR NOT NULL,
	topics VARCHAR,
	delivery_id INTEGER,
	PRIMARY KEY (id)
);

CREATE INDEX reader_events_at ON reader_events (at);

INSERT INTO reader_events (kind, digest, at, delivery_id) SELECT 'bounced', e.digest, d.changed_at, d.id FROM deliveries d JOIN editions e ON e.id = d.edition_id WHERE d.detail LIKE 'bounced: %' OR d.detail LIKE 'came back: %';

INSERT INTO notes (name, value) SELECT 'not counted', '[["readers", null, "' || max(at) || '"]]' FROM runs HAVING max(at) IS NOT NULL;
