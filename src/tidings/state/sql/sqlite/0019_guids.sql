ALTER TABLE sightings ADD COLUMN guid VARCHAR DEFAULT '' NOT NULL;

CREATE INDEX sightings_known ON sightings (guid) WHERE guid <> '';
