CREATE TABLE recipient_lists (
	name VARCHAR NOT NULL,
	fingerprint VARCHAR NOT NULL,
	found VARCHAR NOT NULL,
	erased INTEGER NOT NULL,
	PRIMARY KEY (name)
);

CREATE INDEX recipient_lists_without ON recipient_lists (erased);

CREATE TABLE recipients (
	list VARCHAR NOT NULL,
	position INTEGER NOT NULL,
	address_key VARCHAR NOT NULL,
	address VARCHAR NOT NULL,
	name VARCHAR NOT NULL,
	topics VARCHAR,
	language VARCHAR,
	items_in VARCHAR,
	start VARCHAR,
	paused INTEGER NOT NULL,
	shared INTEGER,
	PRIMARY KEY (list, position),
	UNIQUE (list, address_key)
);
