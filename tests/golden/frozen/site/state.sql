PRAGMA user_version = 23;

CREATE INDEX address_changes_by_new ON address_changes (new_key);

CREATE INDEX address_changes_by_old ON address_changes (old_key);

CREATE INDEX address_changes_waiting ON address_changes (due_at) WHERE due_at IS NOT NULL;

CREATE INDEX applications_by_address ON applications (address_key);

CREATE INDEX applications_by_age ON applications (due_at);

CREATE INDEX applications_mailed ON applications (mailbox) WHERE mails > 0;

CREATE INDEX applications_waiting ON applications (due_at) WHERE waiting = 1;

CREATE INDEX choices_by_address ON choices (address_key);

CREATE INDEX cleared_by_address ON cleared (address_key);

CREATE INDEX cleared_by_edition ON cleared (digest, before_edition);

CREATE INDEX deliveries_by_address ON deliveries (address_key, owed_set);

CREATE INDEX deliveries_by_message_id ON deliveries (message_id);

CREATE INDEX deliveries_by_state ON deliveries (state, owed_set, id);

CREATE INDEX files_few ON files (path) WHERE many = 0;

CREATE INDEX former_addresses_by_new ON former_addresses (new_key);

CREATE UNIQUE INDEX items_arrived ON items (arrival);

CREATE INDEX items_by_day ON items (date);

CREATE INDEX items_by_language ON items (language);

CREATE INDEX items_changed ON items (changed_run);

CREATE INDEX items_corrected ON items (revision) WHERE revision > 0;

CREATE INDEX items_listed ON items (listed_at);

CREATE INDEX items_merged ON items (merged_into) WHERE merged_into IS NOT NULL;

CREATE INDEX items_pictured ON items (image) WHERE image IS NOT NULL;

CREATE INDEX items_retracted ON items (retracted_at) WHERE retracted_at IS NOT NULL;

CREATE INDEX items_revised ON items (revised_at);

CREATE INDEX ix_announcements_edition_id ON announcements (edition_id);

CREATE INDEX ix_decisions_item_id ON decisions (item_id);

CREATE INDEX ix_decisions_other_id ON decisions (other_id);

CREATE INDEX ix_items_title_key ON items (title_key);

CREATE INDEX ix_items_touched_run ON items (touched_run);

CREATE INDEX ix_memberships_item_id ON memberships (item_id);

CREATE INDEX ix_months_touched_run ON months (touched_run);

CREATE INDEX ix_owed_sets_edition_id ON owed_sets (edition_id);

CREATE INDEX ix_sightings_item_id ON sightings (item_id);

CREATE INDEX ix_sightings_title_key ON sightings (title_key);

CREATE INDEX limits_by_end ON limits (until);

CREATE INDEX links_of ON links (address_key, digest);

CREATE INDEX links_unconfirmed ON links (token) WHERE unconfirmed = 1;

CREATE INDEX memberships_by_month ON memberships (topic, month);

CREATE INDEX memberships_changed ON memberships (topic, changed_run);

CREATE INDEX memberships_listed ON memberships (topic, listed_at);

CREATE INDEX owed_items_by_item ON owed_items (item_id);

CREATE INDEX reader_events_at ON reader_events (at);

CREATE INDEX recipient_lists_without ON recipient_lists (erased);

CREATE INDEX reviews_by_digest ON reviews (digest, state);

CREATE INDEX rulings_by_review ON rulings (review_id);

CREATE INDEX sightings_known ON sightings (guid) WHERE guid <> '';

CREATE TABLE address_changes (
	id VARCHAR NOT NULL,
	digest VARCHAR NOT NULL,
	old_key VARCHAR NOT NULL,
	old_address VARCHAR NOT NULL,
	new_key VARCHAR NOT NULL,
	new_address VARCHAR NOT NULL,
	language VARCHAR NOT NULL,
	asked_at VARCHAR NOT NULL,
	done_at VARCHAR,
	undone_at VARCHAR,
	due_at VARCHAR,
	memo VARCHAR DEFAULT '{}' NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE announcements (
    digest VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    corrected INTEGER NOT NULL,
    edition_id INTEGER, language VARCHAR,
    PRIMARY KEY (digest, item_id, revision),
    FOREIGN KEY(item_id) REFERENCES items (id),
    FOREIGN KEY(edition_id) REFERENCES editions (id)
);

CREATE TABLE applications (
    digest VARCHAR NOT NULL,
    address_key VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    topics VARCHAR,
    language VARCHAR,
    asked_at VARCHAR NOT NULL,
    since VARCHAR NOT NULL,
    mails INTEGER NOT NULL,
    waiting INTEGER NOT NULL, items_in VARCHAR, due_at VARCHAR DEFAULT '' NOT NULL, mailbox VARCHAR DEFAULT '' NOT NULL,
    PRIMARY KEY (digest, address_key)
);

CREATE TABLE choices (
    digest VARCHAR NOT NULL,
    address_key VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    state VARCHAR,
    joined INTEGER NOT NULL,
    topics VARCHAR,
    language VARCHAR,
    changed_at VARCHAR NOT NULL, items_in VARCHAR,
    PRIMARY KEY (digest, address_key)
);

CREATE TABLE cleared (
	digest VARCHAR NOT NULL,
	address_key VARCHAR NOT NULL,
	before_edition INTEGER NOT NULL,
	run INTEGER NOT NULL,
	choices VARCHAR NOT NULL,
	PRIMARY KEY (digest, address_key)
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
    detail VARCHAR NOT NULL, crashes INTEGER DEFAULT 0 NOT NULL, held INTEGER DEFAULT 0 NOT NULL, doubted INTEGER DEFAULT 0 NOT NULL, dated_at VARCHAR, returned_at VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (edition_id, address_key),
    FOREIGN KEY(edition_id) REFERENCES editions (id),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id)
);

CREATE TABLE digests (
    slug VARCHAR NOT NULL,
    first_seen_at VARCHAR NOT NULL,
    topics VARCHAR NOT NULL, items_in VARCHAR,
    PRIMARY KEY (slug)
);

CREATE TABLE edition_notes (
	edition_id INTEGER NOT NULL,
	name VARCHAR NOT NULL,
	note VARCHAR NOT NULL,
	kept INTEGER DEFAULT 0 NOT NULL,
	PRIMARY KEY (edition_id),
	FOREIGN KEY(edition_id) REFERENCES editions (id)
);

CREATE TABLE editions (
    id INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    period VARCHAR NOT NULL,
    number INTEGER,
    opened_at VARCHAR NOT NULL,
    subject VARCHAR, slot_day VARCHAR, slot_at VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (digest, period),
    UNIQUE (digest, number)
);

CREATE TABLE files (
    path VARCHAR NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest VARCHAR NOT NULL, many INTEGER DEFAULT 0 NOT NULL, etag VARCHAR DEFAULT '' NOT NULL,
    PRIMARY KEY (path)
);

CREATE TABLE former_addresses (
	old_key VARCHAR NOT NULL,
	new_key VARCHAR NOT NULL,
	since VARCHAR NOT NULL,
	upto INTEGER NOT NULL,
	PRIMARY KEY (old_key, new_key)
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
    touched_run INTEGER NOT NULL, retracted_by VARCHAR DEFAULT '' NOT NULL, merged_into VARCHAR REFERENCES items (id), merged_revision INTEGER, retracted_quietly INTEGER DEFAULT 0 NOT NULL, arrival INTEGER DEFAULT 0 NOT NULL, language VARCHAR, image VARCHAR, image_alt VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (slug)
);

CREATE TABLE last_read (
    path VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    settings VARCHAR NOT NULL,
    packed BLOB,
    PRIMARY KEY (path)
);

CREATE TABLE limits (
	name VARCHAR NOT NULL,
	since VARCHAR NOT NULL,
	counted INTEGER NOT NULL,
	most INTEGER NOT NULL,
	until VARCHAR NOT NULL,
	PRIMARY KEY (name)
);

CREATE TABLE links (
	token VARCHAR NOT NULL,
	digest VARCHAR NOT NULL,
	address_key VARCHAR NOT NULL,
	address VARCHAR NOT NULL,
	language VARCHAR,
	unconfirmed INTEGER DEFAULT 0 NOT NULL,
	PRIMARY KEY (token)
);

CREATE TABLE listed (
	list VARCHAR NOT NULL,
	address_key VARCHAR NOT NULL,
	PRIMARY KEY (list, address_key)
);

CREATE TABLE memberships (
    topic VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    cause VARCHAR NOT NULL,
    since_run INTEGER NOT NULL, listed_at VARCHAR DEFAULT '' NOT NULL, changed_run INTEGER DEFAULT 0 NOT NULL, month VARCHAR DEFAULT '' NOT NULL,
    PRIMARY KEY (topic, item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);

CREATE TABLE months (
    topic VARCHAR NOT NULL,
    month VARCHAR NOT NULL,
    total INTEGER NOT NULL,
    touched_run INTEGER NOT NULL,
    PRIMARY KEY (topic, month)
);

CREATE TABLE near_misses (
    new_id VARCHAR NOT NULL,
    known_id VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (new_id, known_id),
    FOREIGN KEY(new_id) REFERENCES items (id),
    FOREIGN KEY(known_id) REFERENCES items (id)
);

CREATE TABLE notes (
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE owed_items (
    owed_set INTEGER NOT NULL,
    item_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    had_revision INTEGER, printed INTEGER DEFAULT 1 NOT NULL,
    PRIMARY KEY (owed_set, item_id),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);

CREATE TABLE owed_sets (
    id INTEGER NOT NULL,
    edition_id INTEGER NOT NULL,
    follows VARCHAR,
    subject VARCHAR NOT NULL, is_first INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(edition_id) REFERENCES editions (id)
);

CREATE TABLE people (
    address_key VARCHAR NOT NULL,
    state VARCHAR,
    refusals INTEGER NOT NULL,
    changed_at VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    PRIMARY KEY (address_key)
);

CREATE TABLE pictures (
	path VARCHAR NOT NULL,
	size INTEGER,
	mtime_ns INTEGER,
	ctime_ns INTEGER,
	inode INTEGER,
	name VARCHAR NOT NULL,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	length INTEGER NOT NULL,
	PRIMARY KEY (path)
);

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

CREATE TABLE reader_events (
	id INTEGER NOT NULL,
	kind VARCHAR NOT NULL,
	digest VARCHAR NOT NULL,
	at VARCHAR NOT NULL,
	topics VARCHAR,
	delivery_id INTEGER,
	PRIMARY KEY (id)
);

CREATE TABLE recipient_lists (
	name VARCHAR NOT NULL,
	fingerprint VARCHAR NOT NULL,
	found VARCHAR NOT NULL,
	erased INTEGER NOT NULL,
	PRIMARY KEY (name)
);

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

CREATE TABLE revisions (
    item_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    title VARCHAR NOT NULL,
    summary VARCHAR NOT NULL,
    date VARCHAR,
    url VARCHAR,
    category VARCHAR,
    at VARCHAR NOT NULL,
    path VARCHAR NOT NULL, image VARCHAR, image_alt VARCHAR,
    PRIMARY KEY (item_id, number),
    FOREIGN KEY(item_id) REFERENCES items (id)
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

CREATE TABLE runs (
    number INTEGER NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (number)
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
    first_seen_at VARCHAR NOT NULL, image VARCHAR, image_alt VARCHAR, guid VARCHAR DEFAULT '' NOT NULL,
    PRIMARY KEY (path, item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
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
    first_seen_at VARCHAR NOT NULL, off INTEGER DEFAULT 0 NOT NULL, returned INTEGER DEFAULT 0 NOT NULL, topics VARCHAR, topics_since VARCHAR DEFAULT '{}' NOT NULL, items_in VARCHAR DEFAULT '*' NOT NULL, items_in_since VARCHAR DEFAULT '{}' NOT NULL,
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

CREATE TABLE unwanted (
	mark VARCHAR NOT NULL,
	at VARCHAR NOT NULL,
	PRIMARY KEY (mark)
);

CREATE TABLE vanished (
    item_id VARCHAR NOT NULL,
    PRIMARY KEY (item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);

CREATE TABLE variants (
    owed_set INTEGER NOT NULL,
    language VARCHAR NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (owed_set, language),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id)
);

CREATE TRIGGER announced_late AFTER INSERT ON announcements FOR EACH ROW
WHEN NEW.edition_id IS NOT NULL
BEGIN DELETE FROM cleared WHERE digest = NEW.digest AND before_edition > NEW.edition_id; END;

CREATE TRIGGER announced_no_more AFTER DELETE ON announcements FOR EACH ROW
BEGIN DELETE FROM cleared WHERE digest = OLD.digest; END;

CREATE TRIGGER announced_otherwise AFTER UPDATE ON announcements FOR EACH ROW
BEGIN DELETE FROM cleared WHERE digest IN (OLD.digest, NEW.digest); END;

CREATE TRIGGER deliveries_had_new AFTER INSERT ON deliveries FOR EACH ROW
WHEN (NEW.owed_set IS NOT NULL AND (NEW.state IN ('sent', 'in doubt', 'sending') OR NEW.state IN ('queued', 'deferred') AND NEW.doubted = 1))
BEGIN DELETE FROM cleared WHERE before_edition > NEW.edition_id AND address_key IN (NEW.address_key); DELETE FROM cleared WHERE address_key IN (SELECT new_key FROM former_addresses WHERE old_key IN (NEW.address_key)); END;

CREATE TRIGGER deliveries_had_no_more AFTER DELETE ON deliveries FOR EACH ROW
WHEN (OLD.owed_set IS NOT NULL AND (OLD.state IN ('sent', 'in doubt', 'sending') OR OLD.state IN ('queued', 'deferred') AND OLD.doubted = 1))
BEGIN DELETE FROM cleared WHERE before_edition > OLD.edition_id AND address_key IN (OLD.address_key); DELETE FROM cleared WHERE address_key IN (SELECT new_key FROM former_addresses WHERE old_key IN (OLD.address_key)); END;

CREATE TRIGGER deliveries_had_otherwise AFTER UPDATE OF state, doubted, owed_set, address_key, edition_id ON deliveries FOR EACH ROW
WHEN min(OLD.edition_id, NEW.edition_id) < (SELECT max(id) FROM editions) AND ((OLD.owed_set IS NOT NULL AND (OLD.state IN ('sent', 'in doubt', 'sending') OR OLD.state IN ('queued', 'deferred') AND OLD.doubted = 1)) <> (NEW.owed_set IS NOT NULL AND (NEW.state IN ('sent', 'in doubt', 'sending') OR NEW.state IN ('queued', 'deferred') AND NEW.doubted = 1))
    OR (NEW.owed_set IS NOT NULL AND (NEW.state IN ('sent', 'in doubt', 'sending') OR NEW.state IN ('queued', 'deferred') AND NEW.doubted = 1)) AND (OLD.owed_set <> NEW.owed_set OR OLD.address_key <> NEW.address_key
        OR OLD.edition_id <> NEW.edition_id))
BEGIN DELETE FROM cleared WHERE before_edition > min(OLD.edition_id, NEW.edition_id) AND address_key IN (OLD.address_key, NEW.address_key); DELETE FROM cleared WHERE address_key IN (SELECT new_key FROM former_addresses WHERE old_key IN (OLD.address_key, NEW.address_key)); END;

CREATE TRIGGER items_counted AFTER INSERT ON items BEGIN INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;

CREATE TRIGGER items_joined_a_month AFTER UPDATE OF date, merged_into, retracted_quietly ON items WHEN NEW.merged_into IS NULL AND NEW.retracted_quietly = 0 AND (OLD.merged_into IS NOT NULL OR OLD.retracted_quietly = 1 OR OLD.date IS NOT NEW.date) BEGIN INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;

CREATE TRIGGER items_left_a_gap AFTER UPDATE OF listed_at ON items WHEN OLD.listed_at <> NEW.listed_at BEGIN UPDATE items SET touched_run = NEW.touched_run WHERE id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at <= OLD.listed_at AND (listed_at < OLD.listed_at OR id > OLD.id) AND id <> OLD.id AND merged_into IS NULL AND retracted_quietly = 0 ORDER BY listed_at DESC, id LIMIT 1)) OR id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at >= OLD.listed_at AND (listed_at > OLD.listed_at OR id < OLD.id) AND id <> OLD.id AND merged_into IS NULL AND retracted_quietly = 0 ORDER BY listed_at, id DESC LIMIT 1)); END;

CREATE TRIGGER items_left_a_month AFTER UPDATE OF date, merged_into, retracted_quietly ON items WHEN OLD.merged_into IS NULL AND OLD.retracted_quietly = 0 AND (NEW.merged_into IS NOT NULL OR NEW.retracted_quietly = 1 OR OLD.date IS NOT NEW.date) BEGIN UPDATE months SET total = total - 1, touched_run = NEW.touched_run WHERE topic = '' AND month = coalesce(substr(OLD.date, 1, 7), ''); END;

CREATE TRIGGER items_merged_otherwise AFTER UPDATE OF merged_into, merged_revision ON items FOR EACH ROW
WHEN OLD.merged_into IS NOT NEW.merged_into OR OLD.merged_revision IS NOT NEW.merged_revision
BEGIN DELETE FROM cleared; END;

CREATE TRIGGER items_moved AFTER UPDATE OF listed_at, changed_run ON items WHEN OLD.listed_at <> NEW.listed_at OR OLD.changed_run <> NEW.changed_run BEGIN UPDATE memberships SET listed_at = NEW.listed_at, changed_run = max(since_run, NEW.changed_run) WHERE item_id = NEW.id; END;

CREATE TRIGGER items_redated AFTER UPDATE OF date ON items WHEN OLD.date IS NOT NEW.date BEGIN UPDATE memberships SET month = coalesce(substr(NEW.date, 1, 7), '') WHERE item_id = NEW.id; END;

CREATE TRIGGER items_told_otherwise AFTER UPDATE OF language ON items FOR EACH ROW
WHEN OLD.language IS NOT NEW.language
BEGIN DELETE FROM cleared WHERE EXISTS (SELECT 1 FROM digests JOIN announcements ON announcements.digest = digests.slug WHERE announcements.item_id = NEW.id AND announcements.edition_id IS NOT NULL AND announcements.language IS NULL); END;

CREATE TRIGGER memberships_counted AFTER INSERT ON memberships BEGIN INSERT INTO months VALUES (NEW.topic, NEW.month, 1, CASE WHEN NEW.since_run > 0 THEN NEW.since_run ELSE (SELECT coalesce(max(number), 0) FROM runs) END) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;

CREATE TRIGGER memberships_recounted AFTER UPDATE OF month ON memberships WHEN OLD.month <> NEW.month BEGIN UPDATE months SET total = total - 1, touched_run = (SELECT coalesce(max(number), 0) FROM runs) WHERE topic = OLD.topic AND month = OLD.month; INSERT INTO months VALUES (NEW.topic, NEW.month, 1, (SELECT coalesce(max(number), 0) FROM runs)) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;

CREATE TRIGGER memberships_uncounted AFTER DELETE ON memberships BEGIN UPDATE months SET total = total - 1, touched_run = (SELECT coalesce(max(number), 0) FROM runs) WHERE topic = OLD.topic AND month = OLD.month; END;

CREATE TRIGGER moved_back AFTER DELETE ON former_addresses FOR EACH ROW
BEGIN DELETE FROM cleared WHERE address_key IN (OLD.old_key, OLD.new_key); END;

CREATE TRIGGER moved_from_address AFTER INSERT ON former_addresses FOR EACH ROW
BEGIN DELETE FROM cleared WHERE address_key IN (NEW.old_key, NEW.new_key); END;

CREATE TRIGGER moved_otherwise AFTER UPDATE ON former_addresses FOR EACH ROW
BEGIN DELETE FROM cleared WHERE address_key IN (OLD.old_key, OLD.new_key, NEW.old_key, NEW.new_key); END;
