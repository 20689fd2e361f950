ALTER TABLE items ADD COLUMN image VARCHAR;

ALTER TABLE items ADD COLUMN image_alt VARCHAR;

ALTER TABLE revisions ADD COLUMN image VARCHAR;

ALTER TABLE revisions ADD COLUMN image_alt VARCHAR;

ALTER TABLE sightings ADD COLUMN image VARCHAR;

ALTER TABLE sightings ADD COLUMN image_alt VARCHAR;

CREATE INDEX items_pictured ON items (image) WHERE image IS NOT NULL;

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
