CREATE TABLE recipient_lists (
    name TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    found TEXT COLLATE "C" NOT NULL,
    erased INTEGER NOT NULL,
    PRIMARY KEY (name)
);

CREATE INDEX recipient_lists_without ON recipient_lists (erased);

CREATE TABLE recipients (
    list TEXT COLLATE "C" NOT NULL,
    position INTEGER NOT NULL,
    address_key TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    topics TEXT COLLATE "C",
    language TEXT COLLATE "C",
    items_in TEXT COLLATE "C",
    start TEXT COLLATE "C",
    paused INTEGER NOT NULL,
    shared INTEGER,
    PRIMARY KEY (list, position),
    UNIQUE (list, address_key)
);
