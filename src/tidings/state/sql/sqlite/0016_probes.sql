ALTER TABLE deliveries ADD COLUMN returned_at VARCHAR;

CREATE TABLE probes (
	id INTEGER NOT NULL,
	address_key VARCHAR NOT NULL,
	address VARCHAR NOT NULL,
	language VARCHAR NOT NULL,
	message_id VARCHAR NOT NULL,
	asked_at VARCHAR NOT NULL,
	sent_at VARCHAR,
	PRIMARY KEY (id),
	UNIQUE (address_key)
);
