CREATE TABLE cleared (
	digest VARCHAR NOT NULL,
	address_key VARCHAR NOT NULL,
	before_edition INTEGER NOT NULL,
	run INTEGER NOT NULL,
	choices VARCHAR NOT NULL,
	PRIMARY KEY (digest, address_key)
);

CREATE INDEX cleared_by_address ON cleared (address_key);

CREATE INDEX cleared_by_edition ON cleared (digest, before_edition);

CREATE INDEX items_corrected ON items (revision) WHERE revision > 0;

CREATE INDEX owed_items_by_item ON owed_items (item_id);

-- What somebody had of a few owed sets.
DROP INDEX deliveries_by_address;

CREATE INDEX deliveries_by_address ON deliveries (address_key, owed_set);

-- A delivery of an older edition counts as had, or does so no more, or brought something else. Of the
-- newest nothing is noted yet, and that is the one whose messages go out by the thousand.
CREATE TRIGGER deliveries_had_otherwise AFTER UPDATE OF state, doubted, owed_set, address_key, edition_id ON deliveries FOR EACH ROW
WHEN min(OLD.edition_id, NEW.edition_id) < (SELECT max(id) FROM editions) AND ((OLD.owed_set IS NOT NULL AND (OLD.state IN ('sent', 'in doubt', 'sending') OR OLD.state IN ('queued', 'deferred') AND OLD.doubted = 1)) <> (NEW.owed_set IS NOT NULL AND (NEW.state IN ('sent', 'in doubt', 'sending') OR NEW.state IN ('queued', 'deferred') AND NEW.doubted = 1))
    OR (NEW.owed_set IS NOT NULL AND (NEW.state IN ('sent', 'in doubt', 'sending') OR NEW.state IN ('queued', 'deferred') AND NEW.doubted = 1)) AND (OLD.owed_set <> NEW.owed_set OR OLD.address_key <> NEW.address_key
        OR OLD.edition_id <> NEW.edition_id))
BEGIN DELETE FROM cleared WHERE before_edition > min(OLD.edition_id, NEW.edition_id) AND address_key IN (OLD.address_key, NEW.address_key); DELETE FROM cleared WHERE address_key IN (SELECT new_key FROM former_addresses WHERE old_key IN (OLD.address_key, NEW.address_key)); END;

CREATE TRIGGER deliveries_had_new AFTER INSERT ON deliveries FOR EACH ROW
WHEN (NEW.owed_set IS NOT NULL AND (NEW.state IN ('sent', 'in doubt', 'sending') OR NEW.state IN ('queued', 'deferred') AND NEW.doubted = 1))
BEGIN DELETE FROM cleared WHERE before_edition > NEW.edition_id AND address_key IN (NEW.address_key); DELETE FROM cleared WHERE address_key IN (SELECT new_key FROM former_addresses WHERE old_key IN (NEW.address_key)); END;

CREATE TRIGGER deliveries_had_no_more AFTER DELETE ON deliveries FOR EACH ROW
WHEN (OLD.owed_set IS NOT NULL AND (OLD.state IN ('sent', 'in doubt', 'sending') OR OLD.state IN ('queued', 'deferred') AND OLD.doubted = 1))
BEGIN DELETE FROM cleared WHERE before_edition > OLD.edition_id AND address_key IN (OLD.address_key); DELETE FROM cleared WHERE address_key IN (SELECT new_key FROM former_addresses WHERE old_key IN (OLD.address_key)); END;

-- What was announced comes, goes or changes late.
CREATE TRIGGER announced_late AFTER INSERT ON announcements FOR EACH ROW
WHEN NEW.edition_id IS NOT NULL
BEGIN DELETE FROM cleared WHERE digest = NEW.digest AND before_edition > NEW.edition_id; END;

CREATE TRIGGER announced_otherwise AFTER UPDATE ON announcements FOR EACH ROW
BEGIN DELETE FROM cleared WHERE digest IN (OLD.digest, NEW.digest); END;

CREATE TRIGGER announced_no_more AFTER DELETE ON announcements FOR EACH ROW
BEGIN DELETE FROM cleared WHERE digest = OLD.digest; END;

-- What was merged counts as had otherwise.
CREATE TRIGGER items_merged_otherwise AFTER UPDATE OF merged_into, merged_revision ON items FOR EACH ROW
WHEN OLD.merged_into IS NOT NEW.merged_into OR OLD.merged_revision IS NOT NEW.merged_revision
BEGIN DELETE FROM cleared; END;

-- What was announced without a language has that of its item.
CREATE TRIGGER items_told_otherwise AFTER UPDATE OF language ON items FOR EACH ROW
WHEN OLD.language IS NOT NEW.language
BEGIN DELETE FROM cleared WHERE EXISTS (SELECT 1 FROM digests JOIN announcements ON announcements.digest = digests.slug WHERE announcements.item_id = NEW.id AND announcements.edition_id IS NOT NULL AND announcements.language IS NULL); END;

-- Somebody changed their address, or took that back.
CREATE TRIGGER moved_from_address AFTER INSERT ON former_addresses FOR EACH ROW
BEGIN DELETE FROM cleared WHERE address_key IN (NEW.old_key, NEW.new_key); END;

CREATE TRIGGER moved_otherwise AFTER UPDATE ON former_addresses FOR EACH ROW
BEGIN DELETE FROM cleared WHERE address_key IN (OLD.old_key, OLD.new_key, NEW.old_key, NEW.new_key); END;

CREATE TRIGGER moved_back AFTER DELETE ON former_addresses FOR EACH ROW
BEGIN DELETE FROM cleared WHERE address_key IN (OLD.old_key, OLD.new_key); END;
