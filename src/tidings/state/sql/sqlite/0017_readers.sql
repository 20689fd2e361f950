ALTER TABLE applications ADD COLUMN due_at VARCHAR DEFAULT '' NOT NULL;

ALTER TABLE applications ADD COLUMN mailbox VARCHAR DEFAULT '' NOT NULL;

UPDATE applications SET due_at = asked_at, mailbox = address_key;

CREATE INDEX applications_waiting ON applications (due_at) WHERE waiting = 1;

CREATE INDEX applications_by_age ON applications (due_at);

CREATE INDEX applications_by_address ON applications (address_key);

CREATE INDEX applications_mailed ON applications (mailbox) WHERE mails > 0;

CREATE TABLE limits (
	name VARCHAR NOT NULL,
	since VARCHAR NOT NULL,
	counted INTEGER NOT NULL,
	most INTEGER NOT NULL,
	until VARCHAR NOT NULL,
	PRIMARY KEY (name)
);

CREATE INDEX limits_by_end ON limits (until);

CREATE TABLE unwanted (
	mark VARCHAR NOT NULL,
	at VARCHAR NOT NULL,
	PRIMARY KEY (mark)
);

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

CREATE INDEX address_changes_by_old ON address_changes (old_key);

CREATE INDEX address_changes_by_new ON address_changes (new_key);

CREATE INDEX address_changes_waiting ON address_changes (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE former_addresses (
	old_key VARCHAR NOT NULL,
	new_key VARCHAR NOT NULL,
	since VARCHAR NOT NULL,
	upto INTEGER NOT NULL,
	PRIMARY KEY (old_key, new_key)
);

CREATE INDEX former_addresses_by_new ON former_addresses (new_key);
