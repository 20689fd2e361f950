CREATE TABLE choices (
    digest VARCHAR NOT NULL,
    address_key VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    state VARCHAR,
    joined INTEGER NOT NULL,
    topics VARCHAR,
    language VARCHAR,
    changed_at VARCHAR NOT NULL,
    PRIMARY KEY (digest, address_key)
);

CREATE INDEX choices_by_address ON choices (address_key);

CREATE TABLE applications (
    digest VARCHAR NOT NULL,
    address_key VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    topics VARCHAR,
    language VARCHAR,
    asked_at VARCHAR NOT NULL,
    since VARCHAR NOT NULL,
    mails INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (digest, address_key)
);
