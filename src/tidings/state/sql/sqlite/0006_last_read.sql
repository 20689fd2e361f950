CREATE TABLE last_read (
    path VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    settings VARCHAR NOT NULL,
    packed BLOB,
    PRIMARY KEY (path)
);

INSERT INTO last_read SELECT DISTINCT sightings.path, CASE WHEN sources.entries > 0 THEN sources.digest ELSE '' END, coalesce(sources.settings, ''), NULL FROM sightings LEFT JOIN sources ON sources.path = sightings.path;

ALTER TABLE items ADD COLUMN retracted_quietly INTEGER DEFAULT 0 NOT NULL;

DROP TRIGGER items_redated;

DROP TRIGGER items_merged_away;

DROP TRIGGER items_parted;

DROP TRIGGER items_left_a_gap;

DROP TRIGGER memberships_counted;

CREATE TRIGGER items_left_a_month AFTER UPDATE OF date, merged_into, retracted_quietly ON items WHEN OLD.merged_into IS NULL AND OLD.retracted_quietly = 0 AND (NEW.merged_into IS NOT NULL OR NEW.retracted_quietly = 1 OR OLD.date IS NOT NEW.date) BEGIN UPDATE months SET total = total - 1, touched_run = NEW.touched_run WHERE topic = '' AND month = coalesce(substr(OLD.date, 1, 7), ''); END;

CREATE TRIGGER items_joined_a_month AFTER UPDATE OF date, merged_into, retracted_quietly ON items WHEN NEW.merged_into IS NULL AND NEW.retracted_quietly = 0 AND (OLD.merged_into IS NOT NULL OR OLD.retracted_quietly = 1 OR OLD.date IS NOT NEW.date) BEGIN INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;

CREATE TRIGGER items_redated AFTER UPDATE OF date ON items WHEN OLD.date IS NOT NEW.date BEGIN UPDATE memberships SET month = coalesce(substr(NEW.date, 1, 7), '') WHERE item_id = NEW.id; END;

CREATE TRIGGER items_left_a_gap AFTER UPDATE OF listed_at ON items WHEN OLD.listed_at <> NEW.listed_at BEGIN UPDATE items SET touched_run = NEW.touched_run WHERE id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at <= OLD.listed_at AND (listed_at < OLD.listed_at OR id > OLD.id) AND id <> OLD.id AND merged_into IS NULL AND retracted_quietly = 0 ORDER BY listed_at DESC, id LIMIT 1)) OR id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at >= OLD.listed_at AND (listed_at > OLD.listed_at OR id < OLD.id) AND id <> OLD.id AND merged_into IS NULL AND retracted_quietly = 0 ORDER BY listed_at, id DESC LIMIT 1)); END;

CREATE TRIGGER memberships_counted AFTER INSERT ON memberships BEGIN INSERT INTO months VALUES (NEW.topic, NEW.month, 1, CASE WHEN NEW.since_run > 0 THEN NEW.since_run ELSE (SELECT coalesce(max(number), 0) FROM runs) END) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;
