-- How a published file was left in a bucket, by its ETag; "" for those in a folder.
ALTER TABLE files ADD COLUMN etag TEXT COLLATE "C" DEFAULT '' NOT NULL;
