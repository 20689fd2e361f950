CREATE TABLE digests (
    slug VARCHAR NOT NULL,
    first_seen_at VARCHAR NOT NULL,
    topics VARCHAR NOT NULL,
    PRIMARY KEY (slug)
);

CREATE TABLE editions (
    id INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    period VARCHAR NOT NULL,
    number INTEGER,
    opened_at VARCHAR NOT NULL,
    subject VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (digest, period),
    UNIQUE (digest, number)
);

CREATE TABLE files (
    path VARCHAR NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    PRIMARY KEY (path)
);

CREATE TABLE items (
    id VARCHAR NOT NULL,
    slug VARCHAR NOT NULL,
    title_key VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    summary VARCHAR NOT NULL,
    date VARCHAR,
    url VARCHAR,
    category VARCHAR,
    published VARCHAR,
    arrived_at VARCHAR NOT NULL,
    arrival_rank INTEGER NOT NULL,
    listed_at VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    revised_at VARCHAR,
    retracted_at VARCHAR,
    retraction_reason VARCHAR,
    changed_run INTEGER NOT NULL,
    touched_run INTEGER NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (slug)
);

CREATE INDEX items_by_day ON items (date);

CREATE INDEX items_listed ON items (listed_at);

CREATE INDEX ix_items_title_key ON items (title_key);

CREATE INDEX ix_items_touched_run ON items (touched_run);

CREATE TABLE notes (
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE runs (
    number INTEGER NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (number)
);

CREATE TABLE sources (
    path VARCHAR NOT NULL,
    size INTEGER,
    mtime_ns INTEGER,
    ctime_ns INTEGER,
    inode INTEGER,
    digest VARCHAR NOT NULL,
    layout VARCHAR NOT NULL,
    confidence VARCHAR NOT NULL,
    entries INTEGER NOT NULL,
    settings VARCHAR NOT NULL,
    read_at VARCHAR NOT NULL,
    PRIMARY KEY (path)
);

CREATE TABLE subscriptions (
    digest VARCHAR NOT NULL,
    address_key VARCHAR NOT NULL,
    first_seen_at VARCHAR NOT NULL,
    PRIMARY KEY (digest, address_key)
);

CREATE TABLE topics (
    slug VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    first_run INTEGER NOT NULL,
    changed_at VARCHAR NOT NULL,
    changed_run INTEGER NOT NULL,
    PRIMARY KEY (slug)
);

CREATE TABLE announcements (
    digest VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    corrected INTEGER NOT NULL,
    edition_id INTEGER,
    PRIMARY KEY (digest, item_id, revision),
    FOREIGN KEY(item_id) REFERENCES items (id),
    FOREIGN KEY(edition_id) REFERENCES editions (id)
);

CREATE INDEX ix_announcements_edition_id ON announcements (edition_id);

CREATE TABLE memberships (
    topic VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    cause VARCHAR NOT NULL,
    since_run INTEGER NOT NULL,
    PRIMARY KEY (topic, item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);

CREATE INDEX ix_memberships_item_id ON memberships (item_id);

CREATE TABLE owed_sets (
    id INTEGER NOT NULL,
    edition_id INTEGER NOT NULL,
    follows VARCHAR,
    subject VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(edition_id) REFERENCES editions (id)
);

CREATE INDEX ix_owed_sets_edition_id ON owed_sets (edition_id);

CREATE TABLE problems (
    path VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    line INTEGER NOT NULL,
    "column" INTEGER NOT NULL,
    message VARCHAR NOT NULL,
    hint VARCHAR NOT NULL,
    excerpt VARCHAR NOT NULL,
    PRIMARY KEY (path, position),
    FOREIGN KEY(path) REFERENCES sources (path) ON DELETE CASCADE
);

CREATE TABLE revisions (
    item_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    title VARCHAR NOT NULL,
    summary VARCHAR NOT NULL,
    date VARCHAR,
    url VARCHAR,
    category VARCHAR,
    at VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    PRIMARY KEY (item_id, number),
    FOREIGN KEY(item_id) REFERENCES items (id)
);

CREATE TABLE sightings (
    path VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    position INTEGER,
    line INTEGER NOT NULL,
    title_key VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    summary VARCHAR NOT NULL,
    date VARCHAR,
    url VARCHAR,
    category VARCHAR,
    first_seen_at VARCHAR NOT NULL,
    PRIMARY KEY (path, item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);

CREATE INDEX ix_sightings_item_id ON sightings (item_id);

CREATE INDEX ix_sightings_title_key ON sightings (title_key);

CREATE TABLE deliveries (
    id INTEGER NOT NULL,
    edition_id INTEGER NOT NULL,
    address_key VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    owed_set INTEGER,
    state VARCHAR NOT NULL,
    attempts INTEGER NOT NULL,
    message_id VARCHAR NOT NULL,
    changed_at VARCHAR NOT NULL,
    next_attempt_at VARCHAR,
    lease_owner VARCHAR,
    lease_until VARCHAR,
    detail VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (edition_id, address_key),
    FOREIGN KEY(edition_id) REFERENCES editions (id),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id)
);

CREATE INDEX deliveries_by_state ON deliveries (state, owed_set, id);

CREATE TABLE owed_items (
    owed_set INTEGER NOT NULL,
    item_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    had_revision INTEGER,
    PRIMARY KEY (owed_set, item_id),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);
