ALTER TABLE items ADD COLUMN retracted_by VARCHAR DEFAULT '' NOT NULL;

ALTER TABLE items ADD COLUMN merged_into VARCHAR REFERENCES items (id);

ALTER TABLE items ADD COLUMN merged_revision INTEGER;

CREATE INDEX items_merged ON items (merged_into) WHERE merged_into IS NOT NULL;

CREATE INDEX items_retracted ON items (retracted_at) WHERE retracted_at IS NOT NULL;

CREATE TABLE vanished (
    item_id VARCHAR NOT NULL,
    PRIMARY KEY (item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);

CREATE TABLE decisions (
    id INTEGER NOT NULL,
    verdict VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    other_id VARCHAR,
    path VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    "by" VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    memo VARCHAR NOT NULL,
    undone_at VARCHAR,
    undone_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(item_id) REFERENCES items (id),
    FOREIGN KEY(other_id) REFERENCES items (id)
);

CREATE INDEX ix_decisions_item_id ON decisions (item_id);

CREATE INDEX ix_decisions_other_id ON decisions (other_id);

CREATE TABLE near_misses (
    new_id VARCHAR NOT NULL,
    known_id VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (new_id, known_id),
    FOREIGN KEY(new_id) REFERENCES items (id),
    FOREIGN KEY(known_id) REFERENCES items (id)
);
