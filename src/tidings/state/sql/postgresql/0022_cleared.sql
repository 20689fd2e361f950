CREATE TABLE cleared (
	digest TEXT COLLATE "C" NOT NULL,
	address_key TEXT COLLATE "C" NOT NULL,
	before_edition INTEGER NOT NULL,
	run INTEGER NOT NULL,
	choices TEXT COLLATE "C" NOT NULL,
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
CREATE FUNCTION deliveries_had_otherwise() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF least(OLD.edition_id, NEW.edition_id) < (SELECT max(id) FROM editions) THEN
        DELETE FROM cleared WHERE before_edition > least(OLD.edition_id, NEW.edition_id) AND address_key IN (OLD.address_key, NEW.address_key);
        DELETE FROM cleared WHERE address_key IN (SELECT new_key FROM former_addresses WHERE old_key IN (OLD.address_key, NEW.address_key));
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER deliveries_had_otherwise AFTER UPDATE OF state, doubted, owed_set, address_key, edition_id ON deliveries FOR EACH ROW
    WHEN ((OLD.owed_set IS NOT NULL AND (OLD.state IN ('sent', 'in doubt', 'sending') OR OLD.state IN ('queued', 'deferred') AND OLD.doubted = 1)) <> (NEW.owed_set IS NOT NULL AND (NEW.state IN ('sent', 'in doubt', 'sending') OR NEW.state IN ('queued', 'deferred') AND NEW.doubted = 1))
    OR (NEW.owed_set IS NOT NULL AND (NEW.state IN ('sent', 'in doubt', 'sending') OR NEW.state IN ('queued', 'deferred') AND NEW.doubted = 1)) AND (OLD.owed_set <> NEW.owed_set OR OLD.address_key <> NEW.address_key
        OR OLD.edition_id <> NEW.edition_id))
    EXECUTE FUNCTION deliveries_had_otherwise();

CREATE FUNCTION deliveries_had_new() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared WHERE before_edition > NEW.edition_id AND address_key IN (NEW.address_key);
    DELETE FROM cleared WHERE address_key IN (SELECT new_key FROM former_addresses WHERE old_key IN (NEW.address_key));
    RETURN NULL;
END $$;

CREATE TRIGGER deliveries_had_new AFTER INSERT ON deliveries FOR EACH ROW
    WHEN ((NEW.owed_set IS NOT NULL AND (NEW.state IN ('sent', 'in doubt', 'sending') OR NEW.state IN ('queued', 'deferred') AND NEW.doubted = 1)))
    EXECUTE FUNCTION deliveries_had_new();

CREATE FUNCTION deliveries_had_no_more() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared WHERE before_edition > OLD.edition_id AND address_key IN (OLD.address_key);
    DELETE FROM cleared WHERE address_key IN (SELECT new_key FROM former_addresses WHERE old_key IN (OLD.address_key));
    RETURN NULL;
END $$;

CREATE TRIGGER deliveries_had_no_more AFTER DELETE ON deliveries FOR EACH ROW
    WHEN ((OLD.owed_set IS NOT NULL AND (OLD.state IN ('sent', 'in doubt', 'sending') OR OLD.state IN ('queued', 'deferred') AND OLD.doubted = 1)))
    EXECUTE FUNCTION deliveries_had_no_more();

-- What was announced comes, goes or changes late.
CREATE FUNCTION announced_late() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared WHERE digest = NEW.digest AND before_edition > NEW.edition_id;
    RETURN NULL;
END $$;

CREATE TRIGGER announced_late AFTER INSERT ON announcements FOR EACH ROW
    WHEN (NEW.edition_id IS NOT NULL)
    EXECUTE FUNCTION announced_late();

CREATE FUNCTION announced_otherwise() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared WHERE digest IN (OLD.digest, NEW.digest);
    RETURN NULL;
END $$;

CREATE TRIGGER announced_otherwise AFTER UPDATE ON announcements FOR EACH ROW
    EXECUTE FUNCTION announced_otherwise();

CREATE FUNCTION announced_no_more() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared WHERE digest = OLD.digest;
    RETURN NULL;
END $$;

CREATE TRIGGER announced_no_more AFTER DELETE ON announcements FOR EACH ROW
    EXECUTE FUNCTION announced_no_more();

-- What was merged counts as had otherwise.
CREATE FUNCTION items_merged_otherwise() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared;
    RETURN NULL;
END $$;

CREATE TRIGGER items_merged_otherwise AFTER UPDATE OF merged_into, merged_revision ON items FOR EACH ROW
    WHEN (OLD.merged_into IS DISTINCT FROM NEW.merged_into
    OR OLD.merged_revision IS DISTINCT FROM NEW.merged_revision)
    EXECUTE FUNCTION items_merged_otherwise();

-- What was announced without a language has that of its item.
CREATE FUNCTION items_told_otherwise() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared WHERE EXISTS (SELECT 1 FROM digests JOIN announcements ON announcements.digest = digests.slug WHERE announcements.item_id = NEW.id AND announcements.edition_id IS NOT NULL AND announcements.language IS NULL);
    RETURN NULL;
END $$;

CREATE TRIGGER items_told_otherwise AFTER UPDATE OF language ON items FOR EACH ROW
    WHEN (OLD.language IS DISTINCT FROM NEW.language)
    EXECUTE FUNCTION items_told_otherwise();

-- Somebody changed their address, or took that back.
CREATE FUNCTION moved_from_address() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared WHERE address_key IN (NEW.old_key, NEW.new_key);
    RETURN NULL;
END $$;

CREATE TRIGGER moved_from_address AFTER INSERT ON former_addresses FOR EACH ROW
    EXECUTE FUNCTION moved_from_address();

CREATE FUNCTION moved_otherwise() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared WHERE address_key IN (OLD.old_key, OLD.new_key, NEW.old_key, NEW.new_key);
    RETURN NULL;
END $$;

CREATE TRIGGER moved_otherwise AFTER UPDATE ON former_addresses FOR EACH ROW
    EXECUTE FUNCTION moved_otherwise();

CREATE FUNCTION moved_back() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM cleared WHERE address_key IN (OLD.old_key, OLD.new_key);
    RETURN NULL;
END $$;

CREATE TRIGGER moved_back AFTER DELETE ON former_addresses FOR EACH ROW
    EXECUTE FUNCTION moved_back();
