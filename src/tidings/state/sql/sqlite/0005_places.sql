ALTER TABLE memberships ADD COLUMN listed_at VARCHAR DEFAULT '' NOT NULL;

ALTER TABLE memberships ADD COLUMN changed_run INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE memberships ADD COLUMN month VARCHAR DEFAULT '' NOT NULL;

UPDATE memberships SET (listed_at, changed_run, month) = (SELECT i.listed_at, max(i.changed_run, memberships.since_run), coalesce(substr(i.date, 1, 7), '') FROM items AS i WHERE i.id = memberships.item_id);

CREATE INDEX memberships_listed ON memberships (topic, listed_at);

CREATE INDEX memberships_changed ON memberships (topic, changed_run);

CREATE INDEX memberships_by_month ON memberships (topic, month);

CREATE INDEX items_changed ON items (changed_run);

CREATE INDEX items_revised ON items (revised_at);

CREATE TABLE months (
    topic VARCHAR NOT NULL,
    month VARCHAR NOT NULL,
    total INTEGER NOT NULL,
    touched_run INTEGER NOT NULL,
    PRIMARY KEY (topic, month)
);

CREATE INDEX ix_months_touched_run ON months (touched_run);

INSERT INTO months SELECT '', coalesce(substr(date, 1, 7), ''), count(*), max(touched_run) FROM items WHERE merged_into IS NULL GROUP BY 2;

INSERT INTO months SELECT topic, month, count(*), max(changed_run) FROM memberships GROUP BY topic, month;

CREATE TRIGGER items_counted AFTER INSERT ON items BEGIN INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;

CREATE TRIGGER items_redated AFTER UPDATE OF date ON items WHEN OLD.date IS NOT NEW.date AND NEW.merged_into IS NULL BEGIN UPDATE months SET total = total - 1, touched_run = NEW.touched_run WHERE topic = '' AND month = coalesce(substr(OLD.date, 1, 7), ''); INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; UPDATE memberships SET month = coalesce(substr(NEW.date, 1, 7), '') WHERE item_id = NEW.id; END;

CREATE TRIGGER items_merged_away AFTER UPDATE OF merged_into ON items WHEN OLD.merged_into IS NULL AND NEW.merged_into IS NOT NULL BEGIN UPDATE months SET total = total - 1, touched_run = NEW.touched_run WHERE topic = '' AND month = coalesce(substr(NEW.date, 1, 7), ''); END;

CREATE TRIGGER items_parted AFTER UPDATE OF merged_into ON items WHEN OLD.merged_into IS NOT NULL AND NEW.merged_into IS NULL BEGIN INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;

CREATE TRIGGER items_moved AFTER UPDATE OF listed_at, changed_run ON items WHEN OLD.listed_at <> NEW.listed_at OR OLD.changed_run <> NEW.changed_run BEGIN UPDATE memberships SET listed_at = NEW.listed_at, changed_run = max(since_run, NEW.changed_run) WHERE item_id = NEW.id; END;

CREATE TRIGGER items_left_a_gap AFTER UPDATE OF listed_at ON items WHEN OLD.listed_at <> NEW.listed_at BEGIN UPDATE items SET touched_run = NEW.touched_run WHERE id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at <= OLD.listed_at AND (listed_at < OLD.listed_at OR id > OLD.id) AND id <> OLD.id AND merged_into IS NULL ORDER BY listed_at DESC, id LIMIT 1)) OR id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at >= OLD.listed_at AND (listed_at > OLD.listed_at OR id < OLD.id) AND id <> OLD.id AND merged_into IS NULL ORDER BY listed_at, id DESC LIMIT 1)); END;

CREATE TRIGGER memberships_counted AFTER INSERT ON memberships BEGIN INSERT INTO months VALUES (NEW.topic, NEW.month, 1, NEW.since_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;

CREATE TRIGGER memberships_recounted AFTER UPDATE OF month ON memberships WHEN OLD.month <> NEW.month BEGIN UPDATE months SET total = total - 1, touched_run = (SELECT coalesce(max(number), 0) FROM runs) WHERE topic = OLD.topic AND month = OLD.month; INSERT INTO months VALUES (NEW.topic, NEW.month, 1, (SELECT coalesce(max(number), 0) FROM runs)) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;

CREATE TRIGGER memberships_uncounted AFTER DELETE ON memberships BEGIN UPDATE months SET total = total - 1, touched_run = (SELECT coalesce(max(number), 0) FROM runs) WHERE topic = OLD.topic AND month = OLD.month; END;
