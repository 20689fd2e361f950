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
INSERT INTO "files" VALUES('assets/feed.css',5538,1796035983357756323,'9a4e8509050821e75b2ee8f2a51fd33b62c3e31fc2be9b30acdcd7a2ebd15edc');
INSERT INTO "files" VALUES('assets/site.css',13052,1796035983357893208,'a09af302e760b05fd88340f4b99e86d865d3959ace3b576547c97187c29e3914');
INSERT INTO "files" VALUES('assets/tide.svg',280,1796035983357946547,'e2ae2a4d7ff9655e6ebd1f3c7ed99b76d8a5dbaed39b79cb4cc5827d259d9c11');
INSERT INTO "files" VALUES('items/choir-looks-for-two-more-tenor-voices-155468a8.html',2903,1796035983358708584,'65d0d76b059c9c0868565a5fdc1c8eeed6213aec227f1d6daddb52da47e79106');
INSERT INTO "files" VALUES('items/the-library-lends-out-garden-tools-from-now-on-837fb73c.html',3155,1796035983358779119,'a497dd6cbfb14165f936ec4f416974173020261c6a949bee0ac68874338b2723');
INSERT INTO "files" VALUES('items/pottery-workshop-opens-behind-the-mill-c27acf0b.html',3541,1796035983358818558,'784a032322974355391f9831c16e53a9173ba81c4891044b76e9e8ea994e03e9');
INSERT INTO "files" VALUES('items/an-old-loom-finds-a-new-home-in-the-school-ead360bf.html',3533,1796035983358857055,'93a3828470cab90995d6474823aaa356f99d6c98c949486fd161d244f9550ef9');
INSERT INTO "files" VALUES('items/basket-makers-ask-for-willow-from-the-banks-4b9aeed6.html',2921,1796035983358966608,'95abfb6ad2d8d27ddc779f1d14765cc89145386ff20eefa5933e2401b32c4039');
INSERT INTO "files" VALUES('items/the-lower-bridge-stays-closed-until-spring-6dca1255.html',3526,1796035983359016283,'f2d273c9a9326a943af68e8dd678ff5a5d597e08f279c799ac73f189770f1a5a');
INSERT INTO "files" VALUES('items/salmon-are-counted-again-at-the-old-weir-02ac1cc9.html',3528,1796035983359059036,'90db99db8c84c0d481a3f050b663c50ecae9549580cf8e941ab27bf0bbded7e3');
INSERT INTO "files" VALUES('topics/crafts/2026.html',2907,1796035983365952508,'ae3f0c132211778040e4b73ac80d5402544695a62e64420b980ab62c755bf976');
INSERT INTO "files" VALUES('topics/rivers/2026.html',2912,1796035983378986909,'75cd328335796e18fea31e4b53b9ff927507eb028c2915c9d5301b473078a563');
INSERT INTO "files" VALUES('topics/crafts/index.html',4279,1796035983379053458,'a3c8a39037d31f3975acf4acb84bdfc041ca58014c38b5eceb9508d3947e041a');
INSERT INTO "files" VALUES('topics/rivers/index.html',4433,1796035983379086918,'12ea33103fdcdfefd8da0a982bfd07ab87ed3967fa9eaee41671bdbcfb1aee8e');
INSERT INTO "files" VALUES('corrections.html',1599,1796035983379147488,'21e819223e406b5f9cf6b6f98a956dba3162dd0a99ee9de6133cc792d468705a');
INSERT INTO "files" VALUES('topics/crafts/atom.xml',2041,1796035983379174939,'c3d4c5efb9db50d2540474ad70a8cf56d3284bfa994e6ab94df25a1f9f4e963d');
INSERT INTO "files" VALUES('topics/crafts/rss.xml',2510,1796035983379201188,'3638959c7fb6baa65361aca7f5eb693c86aca0198609db5e74c12e12eeaac21d');
INSERT INTO "files" VALUES('topics/crafts/feed.json',1325,1796035983379230061,'88bfab4a1d09a46448701c79a7286c16b57c799570e77fd44a9880f9a315498e');
INSERT INTO "files" VALUES('topics/rivers/atom.xml',2040,1796035983379254888,'33edff6517f0ec371018b342b758bd8bbea5396c84de0253c1abc99fc5adf249');
INSERT INTO "files" VALUES('topics/rivers/rss.xml',2504,1796035983379280196,'197f41a5c708e18b5681e7068a88208d8a85a87969a3315a3170ab62534fe3ab');
INSERT INTO "files" VALUES('topics/rivers/feed.json',1324,1796035983379307366,'608b4e4099381835ab1e136dbe8dae165b31017ebd39a1935b662d68b9cd039a');
INSERT INTO "files" VALUES('atom.xml',5178,1796035983379421136,'33159dc5b1d4cded80c55494758dc94e675d3243aac2bad4e46b7b78f89d7ea7');
INSERT INTO "files" VALUES('rss.xml',6356,1796035983379472403,'d802cec8ba960fc350ca4a9ceb53e91dbf2ab0ab3b65cc85c2a2d0da3009a06f');
INSERT INTO "files" VALUES('feed.json',3653,1796035983379520905,'d882c783282365ef98086b8e33e8f18048756053c0e40017179ec9afe91e7b6f');
INSERT INTO "files" VALUES('opml.xml',815,1796035983379564961,'6569560826a5c83357087639e1bde8d324a72c3863e0e7f176246e19e55132b1');
INSERT INTO "files" VALUES('index.html',7206,1796035983379649437,'9c4ebbb0bfea2a63d44fd3517cc11b4e0d3915a036b63290271096cfa4df9324');
INSERT INTO "files" VALUES('digests/at-once/1.html',5865,1796035984188974211,'699c22d9364be9470bf5867410ca71fd7b321b2fdbbbbf37350e4f33ea7cf9a7');
INSERT INTO "files" VALUES('digests/rivers/1.html',3449,1796035984189055211,'9bc777c4f8c2ff1212b1b1315bb273bc2d2806d71408e44320a1f7cdfee6e6a8');
INSERT INTO "files" VALUES('digests/at-once/index.html',2891,1796035984365275678,'c50d26fca469034a7942fd69ded1997060b30581ed90d0bca3403d5f49fabe38');
INSERT INTO "files" VALUES('digests/at-once/atom.xml',2240,1796035984189162992,'4678ad70053d3cd409b9840b5a34716f7a5b1fe6dfd078c5bdd4f95afc81505f');
INSERT INTO "files" VALUES('digests/at-once/rss.xml',2782,1796035984189207118,'7743ce97cc400b90e00b51ff717a31e890c2961063ad140171ace120217dea3d');
INSERT INTO "files" VALUES('digests/at-once/feed.json',1814,1796035984189250983,'d6cd503fef6ddede4ef341a35f9e5e14e1e837c590c581fa706df09bd0129a45');
INSERT INTO "files" VALUES('digests/rivers/index.html',2888,1796035984365617458,'343acb84e4c5c416b2cb5d861e41f154b0c5e82c4e1f172e221b8a4772868aef');
INSERT INTO "files" VALUES('digests/rivers/atom.xml',1448,1796035984189304063,'0e6a7da55ec6d6f0173cddca8d88e7d91e92772ce7f121bc9b51bb105f01bba7');
INSERT INTO "files" VALUES('digests/rivers/rss.xml',1826,1796035984189330342,'767c13d4c367ebddafde10c57688175d06ec9e555f4927916104e400414c7b67');
INSERT INTO "files" VALUES('digests/rivers/feed.json',1013,1796035984189354858,'6ea419709e005d969aeba0c61d9ca2ff0891c896afc5513565bb9d3724e93c9d');
INSERT INTO "files" VALUES('sitemap.xml',2357,1796035984379607154,'3a651c35fcb8384ab49bebb1130d4428a1e117bd55b0252f108b6e8bf51ffdcf');
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
    touched_run INTEGER NOT NULL, retracted_by VARCHAR DEFAULT '' NOT NULL, merged_into VARCHAR REFERENCES items (id), merged_revision INTEGER, retracted_quietly INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (slug)
);
INSERT INTO "items" VALUES('155468a8866c6c5a','choir-looks-for-two-more-tenor-voices-155468a8','choir looks for two more tenor voices','Choir looks for two more tenor voices','Rehearsals are held in the town hall on Tuesday evenings, and nobody has to read music to take part.','2026-10-22',NULL,NULL,'2026-10-22T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-22T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0);
INSERT INTO "items" VALUES('837fb73cce7f7df9','the-library-lends-out-garden-tools-from-now-on-837fb73c','the library lends out garden tools from now on','The library lends out garden tools from now on','Spades, shears and a small shredder can be taken home for a week with an ordinary library card.','2026-10-18',NULL,NULL,'2026-10-18T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-18T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0);
INSERT INTO "items" VALUES('c27acf0ba0654c64','pottery-workshop-opens-behind-the-mill-c27acf0b','pottery workshop opens behind the mill','Pottery workshop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-12T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-12T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0);
INSERT INTO "items" VALUES('ead360bf948970ba','an-old-loom-finds-a-new-home-in-the-school-ead360bf','an old loom finds a new home in the school','An old loom finds a new home in the school','Pupils of the upper classes restored it over the summer together with two retired weavers from the valley.','2026-10-09',NULL,NULL,'2026-10-09T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-09T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0);
INSERT INTO "items" VALUES('4b9aeed6735b7968','basket-makers-ask-for-willow-from-the-banks-4b9aeed6','basket makers ask for willow from the banks','Basket makers ask for willow from the banks','The forest office lets them cut what grows between the ford and the railway until the end of February.','2026-10-02',NULL,NULL,'2026-10-02T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-02T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0);
INSERT INTO "items" VALUES('6dca12557c7018bb','the-lower-bridge-stays-closed-until-spring-6dca1255','the lower bridge stays closed until spring','The lower bridge stays closed until spring','Engineers found cracks in the second pier, so buses take the road along the eastern slope for now.','2026-10-20',NULL,NULL,'2026-10-20T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-20T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0);
INSERT INTO "items" VALUES('02ac1cc9dc94c2b9','salmon-are-counted-again-at-the-old-weir-02ac1cc9','salmon are counted again at the old weir','Salmon are counted again at the old weir','Volunteers saw more than two hundred of them in one week, twice as many as in the same week last year.','2026-10-14',NULL,NULL,'2026-10-14T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-14T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0);
CREATE TABLE last_read (
    path VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    settings VARCHAR NOT NULL,
    packed BLOB,
    PRIMARY KEY (path)
);
INSERT INTO "last_read" VALUES('seeds/dropped/hall.txt','6559bb825b2248a6cf07277987a7d4fe3e38ab558693c0c94a91cc12bb54a5a9','3:6643b60285b602b4',X'789C5590416EC3300C04EF7AC53EA0085A1F8ADCFB80026D3E409B4C24581603528EE1DF973172E97181E5CE805F598BA1AACE8EAB1AFAA658D4045D5AC48796493C0D03BEA7AEA31886F7E133FD481632A7EAA0E866A98CD2D073DCE9D690A95668C3651567DA210F69A5DDFC0DD4184D47E53D4A1E6D98106359BD4CCFD46916DCC9FA29A54BCCD5321AD98E2A8D1DBA76DCC85882A51AF4ABE9127B5BC0D2C7F9BFE4EF9D5802E987EB4126F8F254F36CC21CC5891A4639A861AD8B1C4F206C2233B6D2739C418D4B3B245E3253289CD21FC1506D88');
INSERT INTO "last_read" VALUES('seeds/kept/crafts.txt','00b3bb62c93bcaa7d83b167bae57de117ee55c6d4d497b52185b27af4a1b7117','3:6643b60285b602b4',X'789C5D91416EC4200C45F739C53F4055B5B3A8D465BB986D47EA5C8024CE80427084CDA0DCBE865954ED0661FCC0FF7F2EAC4AF940E5BC8AE71DBC53128CE4439AA19EB0851887D713BE26E591324E2FA7B7E1CC25A37AA22870063AAC2126B84C5832D9C21974B787479E0F70C2B7D3926777C853E7A7E80E0481709C31DA780A37AF70DA47CECCF979183E125A3B326F584C8E8D42A20ACF1B21A48ECAE499E3F0FE57DEA5ECC194F1D299B2EFD6B0912224C824CA996604059BC4C73365DBDA966F64A5590BEAA1958DD6D0E04ACE58317726A6DDB8BB18E930959F4E56526C6E6D7D2BBAF96AA971FDC547975619FEA578F53D2913645297301122A9347EC354D402B6406E996BFB10AD440FCF7665EE29B622BB10AB85599286D84FC83AE6FC4C632E2E9BC41FBF73AA35');
INSERT INTO "last_read" VALUES('seeds/kept/rivers.txt','0a2cb38ec993dea05d5395d690fc25b7d4dcbc3aaec35f01bfda0283c8933890','3:6643b60285b602b4',X'789C558F316EC3300C45779DE21F2008D2A0E80D3A7768D19D961947B04C1AA40CC3B72FE5A2432781D2E7FB4F5F4F46D59D0D8395716278A3C391AB3A8FD8A4950A5FADC894EE377CE4A64364EFB7FB5B7A97A908B3391EBAC9886C94674711B4803A678DCBB5B05DE08A617376349AF97C36A5115455A67364F2C626F0AA2B07CF20BA5F53FAA4BAA8808C91A3A485134D1415D4CE3DAD23762E965E5EFFCB7D6BEDF16EE7B46351EBBD146EBBE219BA16287D74C8D2955538403C5F225032831C0BC9D1CFBF0FD1F21B410D591C4C764D3FF7D26F33');
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
INSERT INTO "notes" VALUES('seed files known','0f914d61f5c40ae5');
INSERT INTO "notes" VALUES('published span','Span(first=(2025, 11), last=(2026, 10), step=1)');
INSERT INTO "notes" VALUES('published corrections','');
INSERT INTO "notes" VALUES('published files checked','2026-10-26T12:00:00+00:00');
INSERT INTO "notes" VALUES('published run','1');
INSERT INTO "notes" VALUES('published edition','2');
INSERT INTO "notes" VALUES('published inputs','9da708b7af2c8086329b1226fb9ee794b7beed74272852e898439caebebeaf21');
INSERT INTO "notes" VALUES('published but for','{}');
INSERT INTO "notes" VALUES('published sitemaps of items','{}');
INSERT INTO "notes" VALUES('last cycle','2026-10-26T12:00:00+00:00');
INSERT INTO "notes" VALUES('last forgetting','2026-10-26T12:00:00+00:00');
INSERT INTO "notes" VALUES('lineage','feafe236c8ddf0b6');
INSERT INTO "notes" VALUES('generation','7');
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
INSERT INTO "sources" VALUES('seeds/dropped/hall.txt',315,1796033020936796016,1796035974458088507,2154799,'6559bb825b2248a6cf07277987a7d4fe3e38ab558693c0c94a91cc12bb54a5a9','dated-after','0.868',2,'3:6643b60285b602b4','2026-10-26T12:00:00Z');
INSERT INTO "sources" VALUES('seeds/kept/crafts.txt',484,1796033020936796016,1796035974457931172,2154769,'00b3bb62c93bcaa7d83b167bae57de117ee55c6d4d497b52185b27af4a1b7117','dated-after','0.921',3,'3:6643b60285b602b4','2026-10-26T12:00:00Z');
INSERT INTO "sources" VALUES('seeds/kept/rivers.txt',319,1796033020936909565,1796035974457870822,2154753,'0a2cb38ec993dea05d5395d690fc25b7d4dcbc3aaec35f01bfda0283c8933890','dated-after','0.868',2,'3:6643b60285b602b4','2026-10-26T12:00:00Z');
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
CREATE TRIGGER items_moved AFTER UPDATE OF listed_at, changed_run ON items WHEN OLD.listed_at <> NEW.listed_at OR OLD.changed_run <> NEW.changed_run BEGIN UPDATE memberships SET listed_at = NEW.listed_at, changed_run = max(since_run, NEW.changed_run) WHERE item_id = NEW.id; END;
CREATE TRIGGER memberships_recounted AFTER UPDATE OF month ON memberships WHEN OLD.month <> NEW.month BEGIN UPDATE months SET total = total - 1, touched_run = (SELECT coalesce(max(number), 0) FROM runs) WHERE topic = OLD.topic AND month = OLD.month; INSERT INTO months VALUES (NEW.topic, NEW.month, 1, (SELECT coalesce(max(number), 0) FROM runs)) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;
CREATE TRIGGER memberships_uncounted AFTER DELETE ON memberships BEGIN UPDATE months SET total = total - 1, touched_run = (SELECT coalesce(max(number), 0) FROM runs) WHERE topic = OLD.topic AND month = OLD.month; END;
CREATE TRIGGER items_left_a_month AFTER UPDATE OF date, merged_into, retracted_quietly ON items WHEN OLD.merged_into IS NULL AND OLD.retracted_quietly = 0 AND (NEW.merged_into IS NOT NULL OR NEW.retracted_quietly = 1 OR OLD.date IS NOT NEW.date) BEGIN UPDATE months SET total = total - 1, touched_run = NEW.touched_run WHERE topic = '' AND month = coalesce(substr(OLD.date, 1, 7), ''); END;
CREATE TRIGGER items_joined_a_month AFTER UPDATE OF date, merged_into, retracted_quietly ON items WHEN NEW.merged_into IS NULL AND NEW.retracted_quietly = 0 AND (OLD.merged_into IS NOT NULL OR OLD.retracted_quietly = 1 OR OLD.date IS NOT NEW.date) BEGIN INSERT INTO months VALUES ('', coalesce(substr(NEW.date, 1, 7), ''), 1, NEW.touched_run) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;
CREATE TRIGGER items_redated AFTER UPDATE OF date ON items WHEN OLD.date IS NOT NEW.date BEGIN UPDATE memberships SET month = coalesce(substr(NEW.date, 1, 7), '') WHERE item_id = NEW.id; END;
CREATE TRIGGER items_left_a_gap AFTER UPDATE OF listed_at ON items WHEN OLD.listed_at <> NEW.listed_at BEGIN UPDATE items SET touched_run = NEW.touched_run WHERE id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at <= OLD.listed_at AND (listed_at < OLD.listed_at OR id > OLD.id) AND id <> OLD.id AND merged_into IS NULL AND retracted_quietly = 0 ORDER BY listed_at DESC, id LIMIT 1)) OR id IN (SELECT id FROM (SELECT id FROM items WHERE listed_at >= OLD.listed_at AND (listed_at > OLD.listed_at OR id < OLD.id) AND id <> OLD.id AND merged_into IS NULL AND retracted_quietly = 0 ORDER BY listed_at, id DESC LIMIT 1)); END;
CREATE TRIGGER memberships_counted AFTER INSERT ON memberships BEGIN INSERT INTO months VALUES (NEW.topic, NEW.month, 1, CASE WHEN NEW.since_run > 0 THEN NEW.since_run ELSE (SELECT coalesce(max(number), 0) FROM runs) END) ON CONFLICT (topic, month) DO UPDATE SET total = total + 1, touched_run = excluded.touched_run; END;
COMMIT;
PRAGMA user_version = 6;
PRAGMA application_id = 1414087751;
