ALTER TABLE subscriptions ADD COLUMN off INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE subscriptions ADD COLUMN returned INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE subscriptions ADD COLUMN topics VARCHAR;

ALTER TABLE subscriptions ADD COLUMN topics_since VARCHAR DEFAULT '{}' NOT NULL;

CREATE TABLE listed (
	list VARCHAR NOT NULL,
	address_key VARCHAR NOT NULL,
	PRIMARY KEY (list, address_key)
);
