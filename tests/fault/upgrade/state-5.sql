BEGIN TRANSACTION;
CREATE TABLE announcements (
    digest VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    corrected INTEGER NOT NULL,
    edition_id INTEGER,
    PRIMARY KEY (digest, item_id, revision),
    FOREIGN KEY(item_id) REFERENCES items (id),
    FOREIGN KEY(edition_id) REFERENCES editions (id)
);
INSERT INTO "announcements" VALUES('at-once','02ac1cc9dc94c2b9',0,0,1);
INSERT INTO "announcements" VALUES('at-once','155468a8866c6c5a',0,0,1);
INSERT INTO "announcements" VALUES('at-once','4b9aeed6735b7968',0,0,1);
INSERT INTO "announcements" VALUES('at-once','6dca12557c7018bb',0,0,1);
INSERT INTO "announcements" VALUES('at-once','837fb73cce7f7df9',0,0,1);
INSERT INTO "announcements" VALUES('at-once','c27acf0ba0654c64',0,0,1);
INSERT INTO "announcements" VALUES('at-once','ead360bf948970ba',0,0,1);
INSERT INTO "announcements" VALUES('rivers','02ac1cc9dc94c2b9',0,0,2);
INSERT INTO "announcements" VALUES('rivers','6dca12557c7018bb',0,0,2);
CREATE TABLE applications (
    digest VARCHAR NOT NULL,
    address_key VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    topics VARCHAR,
    language VARCHAR,
    asked_at VARCHAR NOT NULL,
    since VARCHAR NOT NULL,
    mails INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    PRIMARY KEY (digest, address_key)
);
CREATE TABLE choices (
    digest VARCHAR NOT NULL,
    address_key VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    state VARCHAR,
    joined INTEGER NOT NULL,
    topics VARCHAR,
    language VARCHAR,
    changed_at VARCHAR NOT NULL,
    PRIMARY KEY (digest, address_key)
);
CREATE TABLE decisions (
    id INTEGER NOT NULL,
    verdict VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    other_id VARCHAR,
    path VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    "by" VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    memo VARCHAR NOT NULL,
    undone_at VARCHAR,
    undone_by VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(item_id) REFERENCES items (id),
    FOREIGN KEY(other_id) REFERENCES items (id)
);
CREATE TABLE deliveries (
    id INTEGER NOT NULL,
    edition_id INTEGER NOT NULL,
    address_key VARCHAR NOT NULL,
    address VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    owed_set INTEGER,
    state VARCHAR NOT NULL,
    attempts INTEGER NOT NULL,
    message_id VARCHAR NOT NULL,
    changed_at VARCHAR NOT NULL,
    next_attempt_at VARCHAR,
    lease_owner VARCHAR,
    lease_until VARCHAR,
    detail VARCHAR NOT NULL, crashes INTEGER DEFAULT 0 NOT NULL, held INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (edition_id, address_key),
    FOREIGN KEY(edition_id) REFERENCES editions (id),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id)
);
INSERT INTO "deliveries" VALUES(1,1,'ana@example.org','ana@example.org','','en',1,'sent',1,'<f199bf9773ddb8cedb9fcde23f14d532@valley.example.org>','2026-10-26T12:00:00Z',NULL,NULL,NULL,'/news/outbox/at-once/1/1-ana@example.org.eml',0,0);
INSERT INTO "deliveries" VALUES(2,1,'rui@example.org','rui@example.org','Rui','en',2,'sent',1,'<d9e156be51e91a9ef265a6b9cf60376b@valley.example.org>','2026-10-26T12:00:00Z',NULL,NULL,NULL,'/news/outbox/at-once/1/2-rui@example.org.eml',0,0);
INSERT INTO "deliveries" VALUES(3,2,'ana@example.org','ana@example.org','','en',3,'sent',1,'<f3bd54d23d8ed10706a00f55f8148041@valley.example.org>','2026-10-26T12:00:00Z',NULL,NULL,NULL,'/news/outbox/rivers/1/3-ana@example.org.eml',0,0);
INSERT INTO "deliveries" VALUES(4,2,'rui@example.org','rui@example.org','Rui','en',4,'sent',1,'<81e9e6365adf5e52f7315b7c19f837de@valley.example.org>','2026-10-26T12:00:00Z',NULL,NULL,NULL,'/news/outbox/rivers/1/4-rui@example.org.eml',0,0);
CREATE TABLE digests (
    slug VARCHAR NOT NULL,
    first_seen_at VARCHAR NOT NULL,
    topics VARCHAR NOT NULL,
    PRIMARY KEY (slug)
);
INSERT INTO "digests" VALUES('at-once','2026-10-26T12:00:00Z','*');
INSERT INTO "digests" VALUES('rivers','2026-10-26T12:00:00Z','rivers');
CREATE TABLE editions (
    id INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    period VARCHAR NOT NULL,
    number INTEGER,
    opened_at VARCHAR NOT NULL,
    subject VARCHAR,
    PRIMARY KEY (id),
    UNIQUE (digest, period),
    UNIQUE (digest, number)
);
INSERT INTO "editions" VALUES(1,'at-once','manual-1',1,'2026-10-26T12:00:00Z','Choir looks for two more tenor voices and 6 more');
INSERT INTO "editions" VALUES(2,'rivers','manual-1',1,'2026-10-26T12:00:00Z','The lower bridge stays closed until spring and 1 more');
CREATE TABLE files (
    path VARCHAR NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    PRIMARY KEY (path)
);
INSERT INTO "files" VALUES('assets/feed.css',5538,1796014722927688254,'9a4e8509050821e75b2ee8f2a51fd33b62c3e31fc2be9b30acdcd7a2ebd15edc');
INSERT INTO "files" VALUES('assets/site.css',13052,1796014722927688254,'a09af302e760b05fd88340f4b99e86d865d3959ace3b576547c97187c29e3914');
INSERT INTO "files" VALUES('assets/tide.svg',280,1796014722927688254,'e2ae2a4d7ff9655e6ebd1f3c7ed99b76d8a5dbaed39b79cb4cc5827d259d9c11');
INSERT INTO "files" VALUES('items/choir-looks-for-two-more-tenor-voices-155468a8.html',2903,1796014722932925956,'65d0d76b059c9c0868565a5fdc1c8eeed6213aec227f1d6daddb52da47e79106');
INSERT INTO "files" VALUES('items/the-library-lends-out-garden-tools-from-now-on-837fb73c.html',3155,1796014722932925956,'a497dd6cbfb14165f936ec4f416974173020261c6a949bee0ac68874338b2723');
INSERT INTO "files" VALUES('items/pottery-workshop-opens-behind-the-mill-c27acf0b.html',3541,1796014722932925956,'784a032322974355391f9831c16e53a9173ba81c4891044b76e9e8ea994e03e9');
INSERT INTO "files" VALUES('items/an-old-loom-finds-a-new-home-in-the-school-ead360bf.html',3533,1796014722932925956,'93a3828470cab90995d6474823aaa356f99d6c98c949486fd161d244f9550ef9');
INSERT INTO "files" VALUES('items/basket-makers-ask-for-willow-from-the-banks-4b9aeed6.html',2921,1796014722934535123,'95abfb6ad2d8d27ddc779f1d14765cc89145386ff20eefa5933e2401b32c4039');
INSERT INTO "files" VALUES('items/the-lower-bridge-stays-closed-until-spring-6dca1255.html',3526,1796014722934535123,'f2d273c9a9326a943af68e8dd678ff5a5d597e08f279c799ac73f189770f1a5a');
INSERT INTO "files" VALUES('items/salmon-are-counted-again-at-the-old-weir-02ac1cc9.html',3528,1796014722934535123,'90db99db8c84c0d481a3f050b663c50ecae9549580cf8e941ab27bf0bbded7e3');
INSERT INTO "files" VALUES('topics/crafts/2026.html',2907,1796014722946535124,'ae3f0c132211778040e4b73ac80d5402544695a62e64420b980ab62c755bf976');
INSERT INTO "files" VALUES('topics/rivers/2026.html',2912,1796014722950535124,'75cd328335796e18fea31e4b53b9ff927507eb028c2915c9d5301b473078a563');
INSERT INTO "files" VALUES('topics/crafts/index.html',4279,1796014722950535124,'a3c8a39037d31f3975acf4acb84bdfc041ca58014c38b5eceb9508d3947e041a');
INSERT INTO "files" VALUES('topics/rivers/index.html',4433,1796014722950535124,'12ea33103fdcdfefd8da0a982bfd07ab87ed3967fa9eaee41671bdbcfb1aee8e');
INSERT INTO "files" VALUES('corrections.html',1599,1796014722950535124,'21e819223e406b5f9cf6b6f98a956dba3162dd0a99ee9de6133cc792d468705a');
INSERT INTO "files" VALUES('topics/crafts/atom.xml',2041,1796014722950535124,'c3d4c5efb9db50d2540474ad70a8cf56d3284bfa994e6ab94df25a1f9f4e963d');
INSERT INTO "files" VALUES('topics/crafts/rss.xml',2510,1796014722950535124,'3638959c7fb6baa65361aca7f5eb693c86aca0198609db5e74c12e12eeaac21d');
INSERT INTO "files" VALUES('topics/crafts/feed.json',1325,1796014722950535124,'88bfab4a1d09a46448701c79a7286c16b57c799570e77fd44a9880f9a315498e');
INSERT INTO "files" VALUES('topics/rivers/atom.xml',2040,1796014722950535124,'33edff6517f0ec371018b342b758bd8bbea5396c84de0253c1abc99fc5adf249');
INSERT INTO "files" VALUES('topics/rivers/rss.xml',2504,1796014722950535124,'197f41a5c708e18b5681e7068a88208d8a85a87969a3315a3170ab62534fe3ab');
INSERT INTO "files" VALUES('topics/rivers/feed.json',1324,1796014722950535124,'608b4e4099381835ab1e136dbe8dae165b31017ebd39a1935b662d68b9cd039a');
INSERT INTO "files" VALUES('atom.xml',5178,1796014722950535124,'33159dc5b1d4cded80c55494758dc94e675d3243aac2bad4e46b7b78f89d7ea7');
INSERT INTO "files" VALUES('rss.xml',6356,1796014722950535124,'d802cec8ba960fc350ca4a9ceb53e91dbf2ab0ab3b65cc85c2a2d0da3009a06f');
INSERT INTO "files" VALUES('feed.json',3653,1796014722950535124,'d882c783282365ef98086b8e33e8f18048756053c0e40017179ec9afe91e7b6f');
INSERT INTO "files" VALUES('opml.xml',815,1796014722950535124,'6569560826a5c83357087639e1bde8d324a72c3863e0e7f176246e19e55132b1');
INSERT INTO "files" VALUES('index.html',7206,1796014722958535124,'9c4ebbb0bfea2a63d44fd3517cc11b4e0d3915a036b63290271096cfa4df9324');
INSERT INTO "files" VALUES('digests/at-once/1.html',5865,1796014723102535131,'699c22d9364be9470bf5867410ca71fd7b321b2fdbbbbf37350e4f33ea7cf9a7');
INSERT INTO "files" VALUES('digests/rivers/1.html',3449,1796014723102535131,'9bc777c4f8c2ff1212b1b1315bb273bc2d2806d71408e44320a1f7cdfee6e6a8');
INSERT INTO "files" VALUES('digests/at-once/index.html',2891,1796014723934535123,'c50d26fca469034a7942fd69ded1997060b30581ed90d0bca3403d5f49fabe38');
INSERT INTO "files" VALUES('digests/at-once/atom.xml',2240,1796014723106118771,'4678ad70053d3cd409b9840b5a34716f7a5b1fe6dfd078c5bdd4f95afc81505f');
INSERT INTO "files" VALUES('digests/at-once/rss.xml',2782,1796014723106118771,'7743ce97cc400b90e00b51ff717a31e890c2961063ad140171ace120217dea3d');
INSERT INTO "files" VALUES('digests/at-once/feed.json',1814,1796014723106118771,'d6cd503fef6ddede4ef341a35f9e5e14e1e837c590c581fa706df09bd0129a45');
INSERT INTO "files" VALUES('digests/rivers/index.html',2888,1796014723938535123,'343acb84e4c5c416b2cb5d861e41f154b0c5e82c4e1f172e221b8a4772868aef');
INSERT INTO "files" VALUES('digests/rivers/atom.xml',1448,1796014723106241914,'0e6a7da55ec6d6f0173cddca8d88e7d91e92772ce7f121bc9b51bb105f01bba7');
INSERT INTO "files" VALUES('digests/rivers/rss.xml',1826,1796014723106241914,'767c13d4c367ebddafde10c57688175d06ec9e555f4927916104e400414c7b67');
INSERT INTO "files" VALUES('digests/rivers/feed.json',1013,1796014723106241914,'6ea419709e005d969aeba0c61d9ca2ff0891c896afc5513565bb9d3724e93c9d');
INSERT INTO "files" VALUES('sitemap.xml',2357,1796014723958535124,'3a651c35fcb8384ab49bebb1130d4428a1e117bd55b0252f108b6e8bf51ffdcf');
CREATE TABLE items (
    id VARCHAR NOT NULL,
    slug VARCHAR NOT NULL,
    title_key VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    summary VARCHAR NOT NULL,
    date VARCHAR,
    url VARCHAR,
    category VARCHAR,
    published VARCHAR,
    arrived_at VARCHAR NOT NULL,
    arrival_rank INTEGER NOT NULL,
    listed_at VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    revised_at VARCHAR,
    retracted_at VARCHAR,
    retraction_reason VARCHAR,
    changed_run INTEGER NOT NULL,
    touched_run INTEGER NOT NULL, retracted_by VARCHAR DEFAULT '' NOT NULL, merged_into VARCHAR REFERENCES items (id), merged_revision INTEGER,
    PRIMARY KEY (id),
    UNIQUE (slug)
);
INSERT INTO "items" VALUES('155468a8866c6c5a','choir-looks-for-two-more-tenor-voices-155468a8','choir looks for two more tenor voices','Choir looks for two more tenor voices','Rehearsals are held in the town hall on Tuesday evenings, and nobody has to read music to take part.','2026-10-22',NULL,NULL,'2026-10-22T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-22T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL);
INSERT INTO "items" VALUES('837fb73cce7f7df9','the-library-lends-out-garden-tools-from-now-on-837fb73c','the library lends out garden tools from now on','The library lends out garden tools from now on','Spades, shears and a small shredder can be taken home for a week with an ordinary library card.','2026-10-18',NULL,NULL,'2026-10-18T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-18T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL);
INSERT INTO "items" VALUES('c27acf0ba0654c64','pottery-workshop-opens-behind-the-mill-c27acf0b','pottery workshop opens behind the mill','Pottery workshop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-12T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-12T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL);
INSERT INTO "items" VALUES('ead360bf948970ba','an-old-loom-finds-a-new-home-in-the-school-ead360bf','an old loom finds a new home in the school','An old loom finds a new home in the school','Pupils of the upper classes restored it over the summer together with two retired weavers from the valley.','2026-10-09',NULL,NULL,'2026-10-09T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-09T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL);
INSERT INTO "items" VALUES('4b9aeed6735b7968','basket-makers-ask-for-willow-from-the-banks-4b9aeed6','basket makers ask for willow from the banks','Basket makers ask for willow from the banks','The forest office lets them cut what grows between the ford and the railway until the end of February.','2026-10-02',NULL,NULL,'2026-10-02T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-02T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL);
INSERT INTO "items" VALUES('6dca12557c7018bb','the-lower-bridge-stays-closed-until-spring-6dca1255','the lower bridge stays closed until spring','The lower bridge stays closed until spring','Engineers found cracks in the second pier, so buses take the road along the eastern slope for now.','2026-10-20',NULL,NULL,'2026-10-20T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-20T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL);
INSERT INTO "items" VALUES('02ac1cc9dc94c2b9','salmon-are-counted-again-at-the-old-weir-02ac1cc9','salmon are counted again at the old weir','Salmon are counted again at the old weir','Volunteers saw more than two hundred of them in one week, twice as many as in the same week last year.','2026-10-14',NULL,NULL,'2026-10-14T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-14T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL);
CREATE TABLE memberships (
    topic VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    cause VARCHAR NOT NULL,
    since_run INTEGER NOT NULL, listed_at VARCHAR DEFAULT '' NOT NULL, changed_run INTEGER DEFAULT 0 NOT NULL, month VARCHAR DEFAULT '' NOT NULL,
    PRIMARY KEY (topic, item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);
INSERT INTO "memberships" VALUES('crafts','c27acf0ba0654c64','arrival',1,'2026-10-12T11:00:00Z',1,'2026-10');
INSERT INTO "memberships" VALUES('crafts','ead360bf948970ba','arrival',1,'2026-10-09T11:00:00Z',1,'2026-10');
INSERT INTO "memberships" VALUES('rivers','6dca12557c7018bb','arrival',1,'2026-10-20T11:00:00Z',1,'2026-10');
INSERT INTO "memberships" VALUES('rivers','02ac1cc9dc94c2b9','arrival',1,'2026-10-14T11:00:00Z',1,'2026-10');
CREATE TABLE months (
    topic VARCHAR NOT NULL,
    month VARCHAR NOT NULL,
    total INTEGER NOT NULL,
    touched_run INTEGER NOT NULL,
    PRIMARY KEY (topic, month)
);
INSERT INTO "months" VALUES('','2026-10',7,1);
INSERT INTO "months" VALUES('crafts','2026-10',2,1);
INSERT INTO "months" VALUES('rivers','2026-10',2,1);
CREATE TABLE near_misses (
    new_id VARCHAR NOT NULL,
    known_id VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (new_id, known_id),
    FOREIGN KEY(new_id) REFERENCES items (id),
    FOREIGN KEY(known_id) REFERENCES items (id)
);
CREATE TABLE notes (
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY (name)
);
INSERT INTO "notes" VALUES('seed files known','c4fd615147f96ff9');
INSERT INTO "notes" VALUES('published span','Span(first=(2025, 11), last=(2026, 10), step=1)');
INSERT INTO "notes" VALUES('published corrections','');
INSERT INTO "notes" VALUES('published files checked','2026-10-26T12:00:00+00:00');
INSERT INTO "notes" VALUES('published run','1');
INSERT INTO "notes" VALUES('published edition','2');
INSERT INTO "notes" VALUES('published inputs','f36f082be5fa736ea6dc8000e95d374e582c49b06b5a234df4a50a2bd348978d');
INSERT INTO "notes" VALUES('published sitemaps of items','{}');
INSERT INTO "notes" VALUES('last cycle','2026-10-26T12:00:00+00:00');
INSERT INTO "notes" VALUES('last forgetting','2026-10-26T12:00:00+00:00');
INSERT INTO "notes" VALUES('lineage','7f1fd636cf00ff0f');
INSERT INTO "notes" VALUES('generation','4');
CREATE TABLE owed_items (
    owed_set INTEGER NOT NULL,
    item_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    had_revision INTEGER,
    PRIMARY KEY (owed_set, item_id),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);
INSERT INTO "owed_items" VALUES(1,'155468a8866c6c5a',0,NULL);
INSERT INTO "owed_items" VALUES(1,'6dca12557c7018bb',0,NULL);
INSERT INTO "owed_items" VALUES(1,'837fb73cce7f7df9',0,NULL);
INSERT INTO "owed_items" VALUES(1,'02ac1cc9dc94c2b9',0,NULL);
INSERT INTO "owed_items" VALUES(1,'c27acf0ba0654c64',0,NULL);
INSERT INTO "owed_items" VALUES(1,'ead360bf948970ba',0,NULL);
INSERT INTO "owed_items" VALUES(1,'4b9aeed6735b7968',0,NULL);
INSERT INTO "owed_items" VALUES(2,'6dca12557c7018bb',0,NULL);
INSERT INTO "owed_items" VALUES(2,'02ac1cc9dc94c2b9',0,NULL);
INSERT INTO "owed_items" VALUES(3,'6dca12557c7018bb',0,NULL);
INSERT INTO "owed_items" VALUES(3,'02ac1cc9dc94c2b9',0,NULL);
INSERT INTO "owed_items" VALUES(4,'6dca12557c7018bb',0,NULL);
INSERT INTO "owed_items" VALUES(4,'02ac1cc9dc94c2b9',0,NULL);
CREATE TABLE owed_sets (
    id INTEGER NOT NULL,
    edition_id INTEGER NOT NULL,
    follows VARCHAR,
    subject VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(edition_id) REFERENCES editions (id)
);
INSERT INTO "owed_sets" VALUES(1,1,NULL,'Choir looks for two more tenor voices and 6 more');
INSERT INTO "owed_sets" VALUES(2,1,'rivers','The lower bridge stays closed until spring and 1 more');
INSERT INTO "owed_sets" VALUES(3,2,NULL,'The lower bridge stays closed until spring and 1 more');
INSERT INTO "owed_sets" VALUES(4,2,'rivers','The lower bridge stays closed until spring and 1 more');
CREATE TABLE people (
    address_key VARCHAR NOT NULL,
    state VARCHAR,
    refusals INTEGER NOT NULL,
    changed_at VARCHAR NOT NULL,
    detail VARCHAR NOT NULL,
    PRIMARY KEY (address_key)
);
CREATE TABLE problems (
    path VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    line INTEGER NOT NULL,
    "column" INTEGER NOT NULL,
    message VARCHAR NOT NULL,
    hint VARCHAR NOT NULL,
    excerpt VARCHAR NOT NULL,
    PRIMARY KEY (path, position),
    FOREIGN KEY(path) REFERENCES sources (path) ON DELETE CASCADE
);
CREATE TABLE revisions (
    item_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    title VARCHAR NOT NULL,
    summary VARCHAR NOT NULL,
    date VARCHAR,
    url VARCHAR,
    category VARCHAR,
    at VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    PRIMARY KEY (item_id, number),
    FOREIGN KEY(item_id) REFERENCES items (id)
);
INSERT INTO "revisions" VALUES('155468a8866c6c5a',0,'Choir looks for two more tenor voices','Rehearsals are held in the town hall on Tuesday evenings, and nobody has to read music to take part.','2026-10-22',NULL,NULL,'2026-10-26T12:00:00Z','seeds/dropped/hall.txt');
INSERT INTO "revisions" VALUES('837fb73cce7f7df9',0,'The library lends out garden tools from now on','Spades, shears and a small shredder can be taken home for a week with an ordinary library card.','2026-10-18',NULL,NULL,'2026-10-26T12:00:00Z','seeds/dropped/hall.txt');
INSERT INTO "revisions" VALUES('c27acf0ba0654c64',0,'Pottery workshop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-26T12:00:00Z','seeds/kept/crafts.txt');
INSERT INTO "revisions" VALUES('ead360bf948970ba',0,'An old loom finds a new home in the school','Pupils of the upper classes restored it over the summer together with two retired weavers from the valley.','2026-10-09',NULL,NULL,'2026-10-26T12:00:00Z','seeds/kept/crafts.txt');
INSERT INTO "revisions" VALUES('4b9aeed6735b7968',0,'Basket makers ask for willow from the banks','The forest office lets them cut what grows between the ford and the railway until the end of February.','2026-10-02',NULL,NULL,'2026-10-26T12:00:00Z','seeds/kept/crafts.txt');
INSERT INTO "revisions" VALUES('6dca12557c7018bb',0,'The lower bridge stays closed until spring','Engineers found cracks in the second pier, so buses take the road along the eastern slope for now.','2026-10-20',NULL,NULL,'2026-10-26T12:00:00Z','seeds/kept/rivers.txt');
INSERT INTO "revisions" VALUES('02ac1cc9dc94c2b9',0,'Salmon are counted again at the old weir','Volunteers saw more than two hundred of them in one week, twice as many as in the same week last year.','2026-10-14',NULL,NULL,'2026-10-26T12:00:00Z','seeds/kept/rivers.txt');
CREATE TABLE runs (
    number INTEGER NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (number)
);
INSERT INTO "runs" VALUES(1,'2026-10-26T12:00:00Z');
CREATE TABLE sightings (
    path VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    position INTEGER,
    line INTEGER NOT NULL,
    title_key VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    summary VARCHAR NOT NULL,
    date VARCHAR,
    url VARCHAR,
    category VARCHAR,
    first_seen_at VARCHAR NOT NULL,
    PRIMARY KEY (path, item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);
INSERT INTO "sightings" VALUES('seeds/dropped/hall.txt','155468a8866c6c5a',0,1,'choir looks for two more tenor voices','Choir looks for two more tenor voices','Rehearsals are held in the town hall on Tuesday evenings, and nobody has to read music to take part.','2026-10-22',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/dropped/hall.txt','837fb73cce7f7df9',1,5,'the library lends out garden tools from now on','The library lends out garden tools from now on','Spades, shears and a small shredder can be taken home for a week with an ordinary library card.','2026-10-18',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/kept/crafts.txt','c27acf0ba0654c64',0,1,'pottery workshop opens behind the mill','Pottery workshop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/kept/crafts.txt','ead360bf948970ba',1,5,'an old loom finds a new home in the school','An old loom finds a new home in the school','Pupils of the upper classes restored it over the summer together with two retired weavers from the valley.','2026-10-09',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/kept/crafts.txt','4b9aeed6735b7968',2,9,'basket makers ask for willow from the banks','Basket makers ask for willow from the banks','The forest office lets them cut what grows between the ford and the railway until the end of February.','2026-10-02',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/kept/rivers.txt','6dca12557c7018bb',0,1,'the lower bridge stays closed until spring','The lower bridge stays closed until spring','Engineers found cracks in the second pier, so buses take the road along the eastern slope for now.','2026-10-20',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/kept/rivers.txt','02ac1cc9dc94c2b9',1,5,'salmon are counted again at the old weir','Salmon are counted again at the old weir','Volunteers saw more than two hundred of them in one week, twice as many as in the same week last year.','2026-10-14',NULL,NULL,'2026-10-26T12:00:00Z');
CREATE TABLE sources (
    path VARCHAR NOT NULL,
    size INTEGER,
    mtime_ns INTEGER,
    ctime_ns INTEGER,
    inode INTEGER,
    digest VARCHAR NOT NULL,
    layout VARCHAR NOT NULL,
    confidence VARCHAR NOT NULL,
    entries INTEGER NOT NULL,
    settings VARCHAR NOT NULL,
    read_at VARCHAR NOT NULL,
    PRIMARY KEY (path)
);
INSERT INTO "sources" VALUES('seeds/dropped/hall.txt',315,1796014516808257508,1796014721637285873,2567079,'6559bb825b2248a6cf07277987a7d4fe3e38ab558693c0c94a91cc12bb54a5a9','dated-after','1.000',2,'1de9abe986e89274','2026-10-26T12:00:00Z');
INSERT INTO "sources" VALUES('seeds/kept/crafts.txt',484,1796014516806273949,1796014721636770985,2567077,'00b3bb62c93bcaa7d83b167bae57de117ee55c6d4d497b52185b27af4a1b7117','dated-after','1.000',3,'1de9abe986e89274','2026-10-26T12:00:00Z');
INSERT INTO "sources" VALUES('seeds/kept/rivers.txt',319,1796014516806525612,1796014721636540461,2567076,'0a2cb38ec993dea05d5395d690fc25b7d4dcbc3aaec35f01bfda0283c8933890','dated-after','1.000',2,'1de9abe986e89274','2026-10-26T12:00:00Z');
CREATE TABLE subscriptions (
    digest VARCHAR NOT NULL,
    address_key VARCHAR NOT NULL,
    first_seen_at VARCHAR NOT NULL,
    PRIMARY KEY (digest, address_key)
);
INSERT INTO "subscriptions" VALUES('at-once','ana@example.org','2026-10-26T12:00:00Z');
INSERT INTO "subscriptions" VALUES('at-once','rui@example.org','2026-10-26T12:00:00Z');
INSERT INTO "subscriptions" VALUES('rivers','ana@example.org','2026-10-26T12:00:00Z');
INSERT INTO "subscriptions" VALUES('rivers','rui@example.org','2026-10-26T12:00:00Z');
CREATE TABLE topics (
    slug VARCHAR NOT NULL,
    fingerprint VARCHAR NOT NULL,
    first_run INTEGER NOT NULL,
    changed_at VARCHAR NOT NULL,
    changed_run INTEGER NOT NULL,
    PRIMARY KEY (slug)
);
INSERT INTO "topics" VALUES('','',1,'2026-10-26T12:00:00Z',1);
INSERT INTO "topics" VALUES('crafts','d62df6e9226e85d771e489638f38c442',1,'2026-10-26T12:00:00Z',1);
INSERT INTO "topics" VALUES('rivers','f3829a8f76a61a720e546b3fb4a26cee',1,'2026-10-26T12:00:00Z',1);
CREATE TABLE vanished (
    item_id VARCHAR NOT NULL,
    PRIMARY KEY (item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);
CREATE TABLE variants (
    owed_set INTEGER NOT NULL,
    language VARCHAR NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (owed_set, language),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id)
);
CREATE INDEX items_by_day ON items (date);
CREATE INDEX items_listed ON items (listed_at);
CREATE INDEX ix_items_title_key ON items (title_key);
CREATE INDEX ix_items_touched_run ON items (touched_run);
CREATE INDEX ix_announcements_edition_id ON announcements (edition_id);
CREATE INDEX ix_memberships_item_id ON memberships (item_id);
CREATE INDEX ix_owed_sets_edition_id ON owed_sets (edition_id);
CREATE INDEX ix_sightings_item_id ON sightings (item_id);
CREATE INDEX ix_sightings_title_key ON sightings (title_key);
CREATE INDEX deliveries_by_state ON deliveries (state, owed_set, id);
CREATE INDEX deliveries_by_address ON deliveries (address_key);
CREATE INDEX deliveries_by_message_id ON deliveries (message_id);
CREATE INDEX items_merged ON items (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX items_retracted ON items (retracted_at) WHERE retracted_at IS NOT NULL;
CREATE INDEX ix_decisions_item_id ON decisions (item_id);
CREATE INDEX ix_decisions_other_id ON decisions (other_id);
CREATE INDEX choices_by_address ON choices (address_key);
CREATE INDEX memberships_listed ON memberships (topic, listed_at);
CREATE INDEX memberships_changed ON memberships (topic, changed_run);
CREATE INDEX memberships_by_month ON memberships (topic, month);
CREATE INDEX items_changed ON items (changed_run);
CREATE INDEX items_revised ON items (revised_at);
CREATE INDEX ix_months_touched_run ON months (touched_run);
CREATE TRIGGER items_counted AFTER INSERT ON items BEGIN INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;
CREATE TRIGGER items_redated AFTER UPDATE OF date ON items WHEN OLD.date IS NOT NEW.date AND NEW.merged_into IS NULL BEGIN UPDATE months SET total = total - 1, touched_run = NEW.touched_run WHERE topic = '' AND month = coalesce(substr(OLD.date, 1, 7), ''); INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; UPDATE memberships SET month = coalesce(substr(NEW.date, 1, 7), '') WHERE item_id = NEW.id; END;
CREATE TRIGGER items_merged_away AFTER UPDATE OF merged_into ON items WHEN OLD.merged_into IS NULL AND NEW.merged_into IS NOT NULL BEGIN UPDATE months SET total = total - 1, touched_run = NEW.touched_run WHERE topic = '' AND month = coalesce(substr(NEW.date, 1, 7), ''); END;
CREATE TRIGGER items_parted AFTER UPDATE OF merged_into ON items WHEN OLD.merged_into IS NOT NULL AND NEW.merged_into IS NULL BEGIN INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;
CREATE TRIGGER items_moved AFTER UPDATE OF listed_at, changed_run ON items WHEN OLD.listed_at <> NEW.listed_at OR OLD.changed_run <> NEW.changed_run BEGIN UPDATE memberships SET listed_at = NEW.listed_at, changed_run = max(since_run, NEW.changed_run) WHERE item_id = NEW.id; END;
CREATE TRIGGER items_left_a_gap AFTER UPDATE OF listed_at ON items WHEN OLD.listed_at <> NEW.listed_at BEGIN UPDATE items SET touched_run = NEW.touched_run WHERE id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at <= OLD.listed_at AND (listed_at < OLD.listed_at OR id > OLD.id) AND id <> OLD.id AND merged_into IS NULL ORDER BY listed_at DESC, id LIMIT 1)) OR id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at >= OLD.listed_at AND (listed_at > OLD.listed_at OR id < OLD.id) AND id <> OLD.id AND merged_into IS NULL ORDER BY listed_at, id DESC LIMIT 1)); END;
CREATE TRIGGER memberships_counted AFTER INSERT ON memberships BEGIN INSERT INTO months VALUES (NEW.topic, NEW.month, 1, NEW.since_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;
CREATE TRIGGER memberships_recounted AFTER UPDATE OF month ON memberships WHEN OLD.month <> NEW.month BEGIN UPDATE months SET total = total - 1, touched_run = (SELECT coalesce(max(number), 0) FROM runs) WHERE topic = OLD.topic AND month = OLD.month; INSERT INTO months VALUES (NEW.topic, NEW.month, 1, (SELECT coalesce(max(number), 0) FROM runs)) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;
CREATE TRIGGER memberships_uncounted AFTER DELETE ON memberships BEGIN UPDATE months SET total = total - 1, touched_run = (SELECT coalesce(max(number), 0) FROM runs) WHERE topic = OLD.topic AND month = OLD.month; END;
COMMIT;
PRAGMA user_version = 5;
PRAGMA application_id = 1414087751;
