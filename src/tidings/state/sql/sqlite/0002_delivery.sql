ALTER TABLE deliveries ADD COLUMN crashes INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE deliveries ADD COLUMN held INTEGER DEFAULT 0 NOT NULL;

CREATE INDEX deliveries_by_address ON deliveries (address_key);

CREATE INDEX deliveries_by_message_id ON deliveries (message_id);

CREATE TABLE variants (
    owed_set INTEGER NOT NULL,
    language VARCHAR NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (owed_set, language),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id)
);

CREATE TABLE people (
    address_key VARCHAR NOT NULL,
    state VARCHAR,
    refusals INTEGER NOT NULL,
    changed_at VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    PRIMARY KEY (address_key)
);
