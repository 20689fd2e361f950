ALTER TABLE deliveries ADD COLUMN doubted INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE deliveries ADD COLUMN dated_at VARCHAR;

ALTER TABLE owed_sets ADD COLUMN is_first INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE owed_items ADD COLUMN printed INTEGER DEFAULT 1 NOT NULL;

UPDATE deliveries SET doubted = 1 WHERE crashes > 0 OR state = 'in doubt';
