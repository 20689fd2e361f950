ALTER TABLE items ADD COLUMN language VARCHAR;

CREATE INDEX items_by_language ON items (language);

ALTER TABLE announcements ADD COLUMN language VARCHAR;

ALTER TABLE digests ADD COLUMN items_in VARCHAR;

ALTER TABLE choices ADD COLUMN items_in VARCHAR;

ALTER TABLE applications ADD COLUMN items_in VARCHAR;

ALTER TABLE subscriptions ADD COLUMN items_in VARCHAR DEFAULT '*' NOT NULL;

ALTER TABLE subscriptions ADD COLUMN items_in_since VARCHAR DEFAULT '{}' NOT NULL;
