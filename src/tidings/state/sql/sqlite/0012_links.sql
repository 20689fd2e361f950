CREATE TABLE links (
	token VARCHAR NOT NULL,
	digest VARCHAR NOT NULL,
	address_key VARCHAR NOT NULL,
	address VARCHAR NOT NULL,
	language VARCHAR,
	unconfirmed INTEGER DEFAULT 0 NOT NULL,
	PRIMARY KEY (token)
);

CREATE INDEX links_of ON links (address_key, digest);

CREATE INDEX links_unconfirmed ON links (token) WHERE unconfirmed = 1;
