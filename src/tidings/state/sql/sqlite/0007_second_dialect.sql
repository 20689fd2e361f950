ALTER TABLE items ADD COLUMN arrival INTEGER DEFAULT 0 NOT NULL;

UPDATE items SET arrival = rowid;

CREATE UNIQUE INDEX items_arrived ON items (arrival);

ALTER TABLE files ADD COLUMN many INTEGER DEFAULT 0 NOT NULL;

UPDATE files SET many = 1 WHERE path GLOB 'items/*' OR path GLOB 'topics/*/[0-9]*.html' OR path GLOB 'sitemap-items-*.xml';

CREATE INDEX files_few ON files (path) WHERE many = 0;
