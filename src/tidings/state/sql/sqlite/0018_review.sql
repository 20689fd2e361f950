CREATE TABLE reviews (
	id INTEGER NOT NULL,
	digest VARCHAR NOT NULL,
	number INTEGER NOT NULL,
	period VARCHAR NOT NULL,
	slot_day VARCHAR,
	slot_at VARCHAR,
	due_at VARCHAR,
	opened_at VARCHAR NOT NULL,
	state VARCHAR NOT NULL,
	edition_id INTEGER,
	PRIMARY KEY (id),
	FOREIGN KEY(edition_id) REFERENCES editions (id)
);

CREATE INDEX reviews_by_digest ON reviews (digest, state);

CREATE TABLE proofs (
	review_id INTEGER NOT NULL,
	number INTEGER NOT NULL,
	made_at VARCHAR NOT NULL,
	contents VARCHAR NOT NULL,
	note VARCHAR,
	mails VARCHAR DEFAULT '{}' NOT NULL,
	texts BLOB,
	PRIMARY KEY (review_id, number),
	FOREIGN KEY(review_id) REFERENCES reviews (id)
);

CREATE TABLE rulings (
	id INTEGER NOT NULL,
	review_id INTEGER NOT NULL,
	proof INTEGER NOT NULL,
	verdict VARCHAR NOT NULL,
	by VARCHAR NOT NULL,
	at VARCHAR NOT NULL,
	PRIMARY KEY (id),
	FOREIGN KEY(review_id) REFERENCES reviews (id)
);

CREATE INDEX rulings_by_review ON rulings (review_id);

CREATE TABLE edition_notes (
	edition_id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	note VARCHAR NOT NULL,
	kept INTEGER DEFAULT 0 NOT NULL,
	PRIMARY KEY (edition_id),
	FOREIGN KEY(edition_id) REFERENCES editions (id)
);
