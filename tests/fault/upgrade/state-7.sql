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
INSERT INTO "announcements" VALUES('at-once','1948c17ee204d50d',0,0,1);
INSERT INTO "announcements" VALUES('at-once','6b8aa172d9f60773',0,0,1);
INSERT INTO "announcements" VALUES('at-once','7b515fe2117d4596',0,0,1);
INSERT INTO "announcements" VALUES('at-once','837fb73cce7f7df9',0,0,1);
INSERT INTO "announcements" VALUES('at-once','8d9b2a2092585c03',0,0,1);
INSERT INTO "announcements" VALUES('at-once','8f02fc256a3c4b12',0,0,1);
INSERT INTO "announcements" VALUES('at-once','c27acf0ba0654c64',0,0,1);
INSERT INTO "announcements" VALUES('at-once','d44bfbcaa30e0ef7',0,0,1);
INSERT INTO "announcements" VALUES('at-once','ef31b9fe5c00f00a',0,0,1);
INSERT INTO "announcements" VALUES('rivers','02ac1cc9dc94c2b9',0,0,2);
INSERT INTO "announcements" VALUES('rivers','1948c17ee204d50d',0,0,2);
INSERT INTO "announcements" VALUES('rivers','7b515fe2117d4596',0,0,2);
INSERT INTO "announcements" VALUES('rivers','8d9b2a2092585c03',0,0,2);
INSERT INTO "announcements" VALUES('rivers','8f02fc256a3c4b12',0,0,2);
INSERT INTO "announcements" VALUES('rivers','ef31b9fe5c00f00a',0,0,2);
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
INSERT INTO "editions" VALUES(1,'at-once','manual-1',1,'2026-10-26T12:00:00Z','The river ferry runs on Sundays from now on and 10 more');
INSERT INTO "editions" VALUES(2,'rivers','manual-1',1,'2026-10-26T12:00:00Z','The river ferry runs on Sundays from now on and 5 more');
CREATE TABLE files (
    path VARCHAR NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    digest VARCHAR NOT NULL, many INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (path)
);
INSERT INTO "files" VALUES('assets/feed.css',5538,1796044637414877450,'9a4e8509050821e75b2ee8f2a51fd33b62c3e31fc2be9b30acdcd7a2ebd15edc',0);
INSERT INTO "files" VALUES('assets/site.css',13052,1796044637415191689,'a09af302e760b05fd88340f4b99e86d865d3959ace3b576547c97187c29e3914',0);
INSERT INTO "files" VALUES('assets/tide.svg',280,1796044637415373230,'e2ae2a4d7ff9655e6ebd1f3c7ed99b76d8a5dbaed39b79cb4cc5827d259d9c11',0);
INSERT INTO "files" VALUES('items/the-river-ferry-runs-on-sundays-from-now-on-8f02fc25.html',3288,1796044637419099678,'2571de728658353cc8b48ae16b10b5761b0c89565070b596e57b275aa154838f',1);
INSERT INTO "files" VALUES('items/pottery-workshop-opens-behind-the-mill-c27acf0b.html',3506,1796044637419270192,'00cec285e3c89ae7c2c44ab304f2830f9ba388f270990cfa9fcc1ae0db3df102',1);
INSERT INTO "files" VALUES('items/salmon-are-counted-again-at-the-old-weir-02ac1cc9.html',3609,1796044637419426235,'c8277576715bb81985f86db5669e83e90c86053b90546eb132f07f7dcd710c6d',1);
INSERT INTO "files" VALUES('items/the-river-ferry-runs-on-sundays-from-now-on-8d9b2a20.html',3497,1796044637419578962,'03aa8d657acb1c4f6cfcef7fa7b9907a0f6291ef11ecdcbe02eb0bf166a8b93d',1);
INSERT INTO "files" VALUES('items/pottery-workshop-opens-behind-the-mill-d44bfbca.html',3536,1796044637419738591,'92f251b69e6c57b37c5543b194a293ac521e6ae3ed412a786af7f24b41d41200',1);
INSERT INTO "files" VALUES('items/notice-of-the-valley-office-ef31b9fe.html',3559,1796044637419892901,'f6aff253697a09e2328e7a341d93bf36d6ba3148345456ebfa174ae4d255576e',1);
INSERT INTO "files" VALUES('items/choir-looks-for-two-more-tenor-voices-155468a8.html',3138,1796044637420048523,'5d4f2c214ede4f5caca27bcc8a1f5e4761565fa5fb42056ec3b15775c58ae1f4',1);
INSERT INTO "files" VALUES('items/the-library-lends-out-garden-tools-from-now-on-837fb73c.html',2903,1796044637420199728,'ef0bd742d3c40d637baba12bcf92759390e67f1adee265fd37f1d914a460bbe7',1);
INSERT INTO "files" VALUES('items/looms-amp-wheels-8211-what-8217-s-next-6b8aa172.html',3426,1796044637420349902,'9e51591b962f5d8a99ce1fbdaf0e885d770212cdbebf66baee094ca9bc7ed74d',1);
INSERT INTO "files" VALUES('items/night-market-by-the-river-1948c17e.html',3347,1796044637420498995,'fb236b7ae2bd191898d47330706244c0374a92a3a6e5ca95487dffc7ec7154ec',1);
INSERT INTO "files" VALUES('items/night-walk-along-the-weir-7b515fe2.html',3295,1796044637420649739,'dac20b947248c1ab44d4226fa1e40e8d710842bbb0ab25b1281225960ee77a01',1);
INSERT INTO "files" VALUES('topics/crafts/2026.html',3137,1796044637432151524,'fa3a48a7fe6694b86d691b7c6b5ef7d5286292a9f052ed7369f49c8be803131c',1);
INSERT INTO "files" VALUES('topics/rivers/2026.html',3720,1796044637434972942,'a5cce1edf9030e9eb8a528a7ea67345a3d49eab1f4a35c9a96fb9a5a313f0cc7',1);
INSERT INTO "files" VALUES('topics/crafts/index.html',4725,1796044637435061374,'859c3677072e8b6adba20cd95b6494797729ddc462f6baa3b0c08dde0fd1745c',0);
INSERT INTO "files" VALUES('topics/rivers/index.html',5983,1796044637435120753,'0bc15756f2084ff8c8699e16cbd5db47989fb27fc2e62fd9107238020165a771',0);
INSERT INTO "files" VALUES('corrections.html',1599,1796044637435339659,'21e819223e406b5f9cf6b6f98a956dba3162dd0a99ee9de6133cc792d468705a',0);
INSERT INTO "files" VALUES('topics/crafts/atom.xml',2702,1796044637435631735,'23d23936a45277035e2c81800cd0fe9a48719bdc88ac0d169981f32010950c6f',0);
INSERT INTO "files" VALUES('topics/crafts/rss.xml',3333,1796044637435696151,'cf49d2d220b8a8e59101fd712d71e7fe79f00be1ecf3bb3f9840d53ef3dd03eb',0);
INSERT INTO "files" VALUES('topics/crafts/feed.json',1767,1796044637435752996,'3e725caeb4cd8cf54995c473dea2a30dca28c0d215ae5269cf83b720bdaf69a3',0);
INSERT INTO "files" VALUES('topics/rivers/atom.xml',4585,1796044637435804863,'46c90f0c2a593aab69705ff27050a74d551fbb5f0f9deb257f313ca282512cd6',0);
INSERT INTO "files" VALUES('topics/rivers/rss.xml',5449,1796044637435859785,'e3086648450a01cdc4d9392f6c2847ff28c495018ce77619b8950a6a49313db8',0);
INSERT INTO "files" VALUES('topics/rivers/feed.json',3041,1796044637435914387,'8089a1e7ba66ceb41d75fd773fdb0a9b4ef9cde865e786879d8cba724590d8b4',0);
INSERT INTO "files" VALUES('atom.xml',7779,1796044637436082748,'b51508dce7f1ca995df060e69232114c8acb4faed5b6764cc46da106ac2db320',0);
INSERT INTO "files" VALUES('rss.xml',9370,1796044637436271980,'3eb19babaffba9ec03846405225e5f7841375a6d7df224960ebc91313e4c8537',0);
INSERT INTO "files" VALUES('feed.json',5343,1796044637436435323,'030ee08ff4a46c2c06a435669c416e40cb07ea56c62a46f206ccb6d4820f404d',0);
INSERT INTO "files" VALUES('opml.xml',815,1796044637436641211,'6569560826a5c83357087639e1bde8d324a72c3863e0e7f176246e19e55132b1',0);
INSERT INTO "files" VALUES('index.html',8476,1796044637436940777,'24bb555b9d0cb77628b4d281c08e831e1f23dc8e8f5630cbf33ac4bd78350295',0);
INSERT INTO "files" VALUES('digests/at-once/1.html',7506,1796044637651223890,'0ca9a0411ad3f719aef4cdb0a8f8e51bf4f1b5caf13ef6d493e9c4431c2e60b4',0);
INSERT INTO "files" VALUES('digests/rivers/1.html',5023,1796044637651340855,'1e51dfced7690e7dd76510004dfe3dc9ef75824d6e1ef9124e1bde53fe0a0093',0);
INSERT INTO "files" VALUES('digests/at-once/index.html',2899,1796044638426978138,'d65a9f3fc1d243d2913936d9f0c2f882f2232724de10f6b0f2c3a1322ab096d5',0);
INSERT INTO "files" VALUES('digests/rivers/index.html',2889,1796044638427258877,'e20bcb49ad5935e9bce764b761e2f2536b4e1a80b4c5b0e5dd4a3312f47c7e48',0);
INSERT INTO "files" VALUES('digests/at-once/atom.xml',2798,1796044637651527573,'a0750abc8979b9d9a35d592420085bd1890f2756b75f451a183745ccc5f9ee1f',0);
INSERT INTO "files" VALUES('digests/at-once/rss.xml',3437,1796044637651581614,'2771da8dbb3e9969e37556e1fc660b32d93b8332e8f238b925fff8c915476504',0);
INSERT INTO "files" VALUES('digests/at-once/feed.json',2380,1796044637651632720,'2b65a9671640f03a94d2f11179179d65ce8566240ac703ad646384f148dd16cb',0);
INSERT INTO "files" VALUES('digests/rivers/atom.xml',1998,1796044637651686380,'931835b8c955d963d8ac2a323cd52c8a3283e2893b38a3017cc3371839efb5f7',0);
INSERT INTO "files" VALUES('digests/rivers/rss.xml',2506,1796044637651736375,'058cbc9b59b7b15b2e54443cab1d5b802bc4c8f3e847cbbe24eab00363712378',0);
INSERT INTO "files" VALUES('digests/rivers/feed.json',1571,1796044637651786930,'d4706558322b5660aab4cb03b5f0d3b27eae3b6d06b4b01a44216839f42af0b2',0);
INSERT INTO "files" VALUES('sitemap.xml',3005,1796044638436791355,'63926978584b5243f8240c4df0ce9f9b8028a7b64d1103a3fd5c07ae20c1e7df',0);
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
    touched_run INTEGER NOT NULL, retracted_by VARCHAR DEFAULT '' NOT NULL, merged_into VARCHAR REFERENCES items (id), merged_revision INTEGER, retracted_quietly INTEGER DEFAULT 0 NOT NULL, arrival INTEGER DEFAULT 0 NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (slug)
);
INSERT INTO "items" VALUES('8f02fc256a3c4b12','the-river-ferry-runs-on-sundays-from-now-on-8f02fc25','the river ferry runs on sundays from now on','The river ferry runs on Sundays from now on','It leaves the landing below the mill at ten and at four, and bicycles go along without a ticket.','2026-10-20',NULL,NULL,'2026-10-20T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-20T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,1);
INSERT INTO "items" VALUES('c27acf0ba0654c64','pottery-workshop-opens-behind-the-mill-c27acf0b','pottery workshop opens behind the mill','Pottery workshop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-12T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-12T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,2);
INSERT INTO "items" VALUES('02ac1cc9dc94c2b9','salmon-are-counted-again-at-the-old-weir-02ac1cc9','salmon are counted again at the old weir','Salmon are counted again at the old weir','⁠Volunteers saw more than two hundred of them in one week, twice as many as in the same week last year.','2026-10-09',NULL,NULL,'2026-10-09T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-09T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,3);
INSERT INTO "items" VALUES('8d9b2a2092585c03','the-river-ferry-runs-on-sundays-from-now-on-8d9b2a20','the river​ ferry runs on sundays from now on','The river​ ferry runs on Sundays from now on','It leaves the landing below the mill at ten and at four, and bicycles go along without a ticket.','2026-10-20',NULL,NULL,'2026-10-20T10:59:59Z','2026-10-26T12:00:00Z',0,'2026-10-20T10:59:59Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,4);
INSERT INTO "items" VALUES('d44bfbcaa30e0ef7','pottery-workshop-opens-behind-the-mill-d44bfbca','pottery work­shop opens behind the mill','Pottery work­shop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-12T10:59:59Z','2026-10-26T12:00:00Z',0,'2026-10-12T10:59:59Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,5);
INSERT INTO "items" VALUES('ef31b9fe5c00f00a','notice-of-the-valley-office-ef31b9fe','notice of the valley office','Notice of the valley office','The bridge below the school is closed for two days while its planks are replaced by oak.','2026-10-14',NULL,NULL,'2026-10-14T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-14T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,6);
INSERT INTO "items" VALUES('155468a8866c6c5a','choir-looks-for-two-more-tenor-voices-155468a8','choir looks for two more tenor voices','Choir looks for two more tenor voices','Rehearsals are held in the town hall on Tuesday evenings, and nobody has to read music to take part.','2026-10-08',NULL,NULL,'2026-10-08T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-08T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,7);
INSERT INTO "items" VALUES('837fb73cce7f7df9','the-library-lends-out-garden-tools-from-now-on-837fb73c','the library lends out garden tools from now on','The library lends out garden tools from now on','Spades, shears and a small shredder can be taken home for a week with an ordinary library card.','2026-10-06',NULL,NULL,'2026-10-06T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-06T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,8);
INSERT INTO "items" VALUES('6b8aa172d9f60773','looms-amp-wheels-8211-what-8217-s-next-6b8aa172','looms &amp; wheels &#8211; what&#8217;s next','Looms &amp; wheels &#8211; what&#8217;s next','<p>The <b>weavers</b> meet in the school.</p>','2026-10-15',NULL,NULL,'2026-10-15T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-15T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,9);
INSERT INTO "items" VALUES('1948c17ee204d50d','night-market-by-the-river-1948c17e','night market by the river','Night market by the river','Lanterns are lit along the bank until midnight.','2026-10-16',NULL,NULL,'2026-10-16T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-16T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,10);
INSERT INTO "items" VALUES('7b515fe2117d4596','night-walk-along-the-weir-7b515fe2','night walk along the weir','Night walk along the weir','Everybody brings a lamp.','2026-10-17',NULL,NULL,'2026-10-17T11:00:00Z','2026-10-26T12:00:00Z',0,'2026-10-17T11:00:00Z',0,NULL,NULL,NULL,1,1,'',NULL,NULL,0,11);
CREATE TABLE last_read (
    path VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    settings VARCHAR NOT NULL,
    packed BLOB,
    PRIMARY KEY (path)
);
INSERT INTO "last_read" VALUES('seeds/a-plain.txt','390a4704350e40c8ea1eedb8c4d5bd0302861a9fd3f13fc85d6a962611adc33b','3:6643b60285b602b4',X'789C55914B6EC3300C44F73E050F10146916057A81025DB5408AEE699BB604CB6240D13174FB8E6274918D3FD2F0CD8CF413842CDEC56812B34AB6E5429AE9BAE5916BA1C974A5AC3BD6BACB99BE06D71EE2CBF9F2D67D3A25E1BB14725012E731E6997A4990B79535A644ECE492099BED73D2CD4E8F9F3E0E7548989D95382906F7E8413727268FC322FED275DFEA2E48B5AB2D25E88DF426C8D74B8840FC7B74AF97E7601F70A13D88A47218D312133298A08FE0A14682CEB5D7B13EDAB26FD6FA1ED986C49562A1A20941612F710EFEA802CB51D590EDCA69D5033AE8965DE03373CCFFB2368B41EBDE9FC3FD6A6A6A31F079A75501F0C0997C570A38760349A7C6580938CD028E2C2708E220C48556CEB5BDB1DB9C0AAF870477509CAA30F2FD011BDEA403');
INSERT INTO "last_read" VALUES('seeds/b-unseen.txt','17f8eb8597daaf12eed845e4df8f4169d2faf7d99572af412fe020ed128599cb','3:6643b60285b602b4',X'789C55914D4EC3301085F739C51C00A1920512174062055211FB893389AD389E6A3C69E45D592371062EC025384A4FC2B85117DDE4C79EF7DEF7EC774F20E148723E7DC140220564491938C17E493D960C83F00C89575B6BDA1DBC3AE58E04DA5DFBD8BC2844C2236550338A98FA9046E828DA785D99438C800A4A096CB37E0EBCC8DDE5A70BAEB868DA9101239B700DEA795140D0E026D2FBA679635532AA9565FAFBCD9E0FC00732C28E7C30936B4AF3D0DEA23D5B0EAC9E28E62D1AA6108D42C81A913D5880AC78E9B82F97BEA88BD4C61B9D8B582064C81C0DD500288C5E2F652CB26716A3DB639C793375BC2425CB1931A4EB58D59A509AF3E9FBE996EFFCF9F3C1B16A482C055798D96CD463025D19BC1DBF981F0FD5690633E544E646D39D0D04478019664CA5BE6DB7E6659CB711BB8BAC50088DF21F9E13AB52');
INSERT INTO "last_read" VALUES('seeds/c-notice.txt','02b4ad6b4e16d26dd54b0bc2fd08c62203e01f102ba9548978910adb647c5197','3:6643b60285b602b4',X'789C558F414E03310C45F739C53F00AAA0AA107BF620A15EC093789A68DCB88ADD19CDED31452C5859DF7AB69F3FD45B66E80CAF8C9544788F344733BD9CF0995D271E383E1F5FD3398869B47289C2A2DB63C4725515344316352E9875C03745A1DDB0D5268CE6869B505F0C34188323E440A73845CB21A5F7AA6D405483F89BBF6AA0CE3DE2AAA163E9EDBFCE1757A66124BF5B2B4B41EB0F29D7ADA3C633D08EF39D2D64C02BF7D62FF604EA055D272D7B4016742851C1F56E2DFF24A78571A3E187F40D52EC641B');
INSERT INTO "last_read" VALUES('seeds/d-notice.txt','7a6ea5db59d1e8bb0d095ed421f3e8b797caa02cba066be3227a83beea59c752','3:6643b60285b602b4',X'789C558FB16EC3300C44777DC57D4010B44191BD4BC776687F8096E848B02C1A1413C37F5FDA48876E2471777CF7295622434658663CA856DE7C1BFD185EDFF0154D06565C5E2ED7F0BE2CB544B222AD631405A19B3B4076B8D7D2CCB533E9C4065286D1C40DF766A5E2434BA2ED046A098B982B3B6E7C388B8FA3329F43F8F19C5A0625DD50B9A50EB91B6EA4C9834CA4EE4A99D16485B470FD4FF8BD50E27E42CF4C9EB9BF72C67967EC59392517466A18FED0B2CCFCACB2324F5EC1B2DB209A4A3B189E2CD109CEE11744A5693E');
INSERT INTO "last_read" VALUES('seeds/e-table.json','1210429ca9304f563e60a6c6ee0924b20aa2c39bf8936d9574b7624deee3024b','3:6643b60285b602b4',X'789C7D90BB4EC3301486773FC55190987A7152DAA234CAC65631750231D8E428B1E24B649F1222C4BB63870501ED762EFAFEF3D9CF0C3E1840468A3466256447E74C805B6186038C1DA28ECDCD7D91E7A91534D7FB43008BEF942D12DA089AC98217BB65CE97F9F67B1ECEC6083FA55535D4A70EA192F588E20D7DA8D6B2068348A02C505C85D7CE39BDAAD6439D31F85CFCD67A546D4710F3FAC8C86966BC8A51171C76A762536E78C9F9D31F9BA3B084DE06101E412B02A19D6DE748296C0F674B4A83518D4D4757577C46A1FB1FF488EA92CF3EF9DC6DFFF57988CF98A46B26905ED9367A818EFF3F1F662FEC0BCF0B7872');
CREATE TABLE memberships (
    topic VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    cause VARCHAR NOT NULL,
    since_run INTEGER NOT NULL, listed_at VARCHAR DEFAULT '' NOT NULL, changed_run INTEGER DEFAULT 0 NOT NULL, month VARCHAR DEFAULT '' NOT NULL,
    PRIMARY KEY (topic, item_id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);
INSERT INTO "memberships" VALUES('rivers','8f02fc256a3c4b12','arrival',1,'2026-10-20T11:00:00Z',1,'2026-10');
INSERT INTO "memberships" VALUES('crafts','c27acf0ba0654c64','arrival',1,'2026-10-12T11:00:00Z',1,'2026-10');
INSERT INTO "memberships" VALUES('rivers','02ac1cc9dc94c2b9','arrival',1,'2026-10-09T11:00:00Z',1,'2026-10');
INSERT INTO "memberships" VALUES('rivers','8d9b2a2092585c03','arrival',1,'2026-10-20T10:59:59Z',1,'2026-10');
INSERT INTO "memberships" VALUES('crafts','d44bfbcaa30e0ef7','arrival',1,'2026-10-12T10:59:59Z',1,'2026-10');
INSERT INTO "memberships" VALUES('rivers','ef31b9fe5c00f00a','arrival',1,'2026-10-14T11:00:00Z',1,'2026-10');
INSERT INTO "memberships" VALUES('crafts','6b8aa172d9f60773','arrival',1,'2026-10-15T11:00:00Z',1,'2026-10');
INSERT INTO "memberships" VALUES('rivers','1948c17ee204d50d','arrival',1,'2026-10-16T11:00:00Z',1,'2026-10');
INSERT INTO "memberships" VALUES('rivers','7b515fe2117d4596','arrival',1,'2026-10-17T11:00:00Z',1,'2026-10');
CREATE TABLE months (
    topic VARCHAR NOT NULL,
    month VARCHAR NOT NULL,
    total INTEGER NOT NULL,
    touched_run INTEGER NOT NULL,
    PRIMARY KEY (topic, month)
);
INSERT INTO "months" VALUES('','2026-10',11,1);
INSERT INTO "months" VALUES('rivers','2026-10',6,1);
INSERT INTO "months" VALUES('crafts','2026-10',3,1);
CREATE TABLE near_misses (
    new_id VARCHAR NOT NULL,
    known_id VARCHAR NOT NULL,
    why VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (new_id, known_id),
    FOREIGN KEY(new_id) REFERENCES items (id),
    FOREIGN KEY(known_id) REFERENCES items (id)
);
INSERT INTO "near_misses" VALUES('8d9b2a2092585c03','8f02fc256a3c4b12','much the same title on the same day','2026-10-26T12:00:00Z');
INSERT INTO "near_misses" VALUES('d44bfbcaa30e0ef7','c27acf0ba0654c64','much the same title on the same day','2026-10-26T12:00:00Z');
CREATE TABLE notes (
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY (name)
);
INSERT INTO "notes" VALUES('seed files known','668b1bc2c91e88c0');
INSERT INTO "notes" VALUES('lineage','9bda8e8980aa241f');
INSERT INTO "notes" VALUES('generation','4');
INSERT INTO "notes" VALUES('published run','1');
INSERT INTO "notes" VALUES('published edition','2');
INSERT INTO "notes" VALUES('published inputs','507134f49984aa884a6d2446da8e9a41752847c4981b5b4d3fb684df1beab6ea');
INSERT INTO "notes" VALUES('published but for','{}');
INSERT INTO "notes" VALUES('published span','ChartRange(first=(2025, 11), last=(2026, 10), step=1)');
INSERT INTO "notes" VALUES('published corrections','');
INSERT INTO "notes" VALUES('published sitemaps of items','{}');
INSERT INTO "notes" VALUES('published files checked','2026-10-26T12:00:00+00:00');
INSERT INTO "notes" VALUES('last cycle','2026-10-26T12:00:00+00:00');
INSERT INTO "notes" VALUES('site id','valley.example.org,2026');
INSERT INTO "notes" VALUES('last forgetting','2026-10-26T12:00:00+00:00');
CREATE TABLE owed_items (
    owed_set INTEGER NOT NULL,
    item_id VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    had_revision INTEGER,
    PRIMARY KEY (owed_set, item_id),
    FOREIGN KEY(owed_set) REFERENCES owed_sets (id),
    FOREIGN KEY(item_id) REFERENCES items (id)
);
INSERT INTO "owed_items" VALUES(1,'8f02fc256a3c4b12',0,NULL);
INSERT INTO "owed_items" VALUES(1,'8d9b2a2092585c03',0,NULL);
INSERT INTO "owed_items" VALUES(1,'7b515fe2117d4596',0,NULL);
INSERT INTO "owed_items" VALUES(1,'1948c17ee204d50d',0,NULL);
INSERT INTO "owed_items" VALUES(1,'6b8aa172d9f60773',0,NULL);
INSERT INTO "owed_items" VALUES(1,'ef31b9fe5c00f00a',0,NULL);
INSERT INTO "owed_items" VALUES(1,'c27acf0ba0654c64',0,NULL);
INSERT INTO "owed_items" VALUES(1,'d44bfbcaa30e0ef7',0,NULL);
INSERT INTO "owed_items" VALUES(1,'02ac1cc9dc94c2b9',0,NULL);
INSERT INTO "owed_items" VALUES(1,'155468a8866c6c5a',0,NULL);
INSERT INTO "owed_items" VALUES(1,'837fb73cce7f7df9',0,NULL);
INSERT INTO "owed_items" VALUES(2,'8f02fc256a3c4b12',0,NULL);
INSERT INTO "owed_items" VALUES(2,'8d9b2a2092585c03',0,NULL);
INSERT INTO "owed_items" VALUES(2,'7b515fe2117d4596',0,NULL);
INSERT INTO "owed_items" VALUES(2,'1948c17ee204d50d',0,NULL);
INSERT INTO "owed_items" VALUES(2,'ef31b9fe5c00f00a',0,NULL);
INSERT INTO "owed_items" VALUES(2,'02ac1cc9dc94c2b9',0,NULL);
INSERT INTO "owed_items" VALUES(3,'8f02fc256a3c4b12',0,NULL);
INSERT INTO "owed_items" VALUES(3,'8d9b2a2092585c03',0,NULL);
INSERT INTO "owed_items" VALUES(3,'7b515fe2117d4596',0,NULL);
INSERT INTO "owed_items" VALUES(3,'1948c17ee204d50d',0,NULL);
INSERT INTO "owed_items" VALUES(3,'ef31b9fe5c00f00a',0,NULL);
INSERT INTO "owed_items" VALUES(3,'02ac1cc9dc94c2b9',0,NULL);
INSERT INTO "owed_items" VALUES(4,'8f02fc256a3c4b12',0,NULL);
INSERT INTO "owed_items" VALUES(4,'8d9b2a2092585c03',0,NULL);
INSERT INTO "owed_items" VALUES(4,'7b515fe2117d4596',0,NULL);
INSERT INTO "owed_items" VALUES(4,'1948c17ee204d50d',0,NULL);
INSERT INTO "owed_items" VALUES(4,'ef31b9fe5c00f00a',0,NULL);
INSERT INTO "owed_items" VALUES(4,'02ac1cc9dc94c2b9',0,NULL);
CREATE TABLE owed_sets (
    id INTEGER NOT NULL,
    edition_id INTEGER NOT NULL,
    follows VARCHAR,
    subject VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(edition_id) REFERENCES editions (id)
);
INSERT INTO "owed_sets" VALUES(1,1,NULL,'The river ferry runs on Sundays from now on and 10 more');
INSERT INTO "owed_sets" VALUES(2,1,'rivers','The river ferry runs on Sundays from now on and 5 more');
INSERT INTO "owed_sets" VALUES(3,2,NULL,'The river ferry runs on Sundays from now on and 5 more');
INSERT INTO "owed_sets" VALUES(4,2,'rivers','The river ferry runs on Sundays from now on and 5 more');
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
INSERT INTO "revisions" VALUES('8f02fc256a3c4b12',0,'The river ferry runs on Sundays from now on','It leaves the landing below the mill at ten and at four, and bicycles go along without a ticket.','2026-10-20',NULL,NULL,'2026-10-26T12:00:00Z','seeds/a-plain.txt');
INSERT INTO "revisions" VALUES('c27acf0ba0654c64',0,'Pottery workshop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-26T12:00:00Z','seeds/a-plain.txt');
INSERT INTO "revisions" VALUES('02ac1cc9dc94c2b9',0,'Salmon are counted again at the old weir','⁠Volunteers saw more than two hundred of them in one week, twice as many as in the same week last year.','2026-10-09',NULL,NULL,'2026-10-26T12:00:00Z','seeds/a-plain.txt');
INSERT INTO "revisions" VALUES('8d9b2a2092585c03',0,'The river​ ferry runs on Sundays from now on','It leaves the landing below the mill at ten and at four, and bicycles go along without a ticket.','2026-10-20',NULL,NULL,'2026-10-26T12:00:00Z','seeds/b-unseen.txt');
INSERT INTO "revisions" VALUES('d44bfbcaa30e0ef7',0,'Pottery work­shop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-26T12:00:00Z','seeds/b-unseen.txt');
INSERT INTO "revisions" VALUES('ef31b9fe5c00f00a',0,'Notice of the valley office','The bridge below the school is closed for two days while its planks are replaced by oak.','2026-10-14',NULL,NULL,'2026-10-26T12:00:00Z','seeds/c-notice.txt');
INSERT INTO "revisions" VALUES('155468a8866c6c5a',0,'Choir looks for two more tenor voices','Rehearsals are held in the town hall on Tuesday evenings, and nobody has to read music to take part.','2026-10-08',NULL,NULL,'2026-10-26T12:00:00Z','seeds/c-notice.txt');
INSERT INTO "revisions" VALUES('837fb73cce7f7df9',0,'The library lends out garden tools from now on','Spades, shears and a small shredder can be taken home for a week with an ordinary library card.','2026-10-06',NULL,NULL,'2026-10-26T12:00:00Z','seeds/d-notice.txt');
INSERT INTO "revisions" VALUES('6b8aa172d9f60773',0,'Looms &amp; wheels &#8211; what&#8217;s next','<p>The <b>weavers</b> meet in the school.</p>','2026-10-15',NULL,NULL,'2026-10-26T12:00:00Z','seeds/e-table.json');
INSERT INTO "revisions" VALUES('1948c17ee204d50d',0,'Night market by the river','Lanterns are lit along the bank until midnight.','2026-10-16',NULL,NULL,'2026-10-26T12:00:00Z','seeds/e-table.json');
INSERT INTO "revisions" VALUES('7b515fe2117d4596',0,'Night walk along the weir','Everybody brings a lamp.','2026-10-17',NULL,NULL,'2026-10-26T12:00:00Z','seeds/e-table.json');
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
INSERT INTO "sightings" VALUES('seeds/a-plain.txt','8f02fc256a3c4b12',0,1,'the river ferry runs on sundays from now on','The river ferry runs on Sundays from now on','It leaves the landing below the mill at ten and at four, and bicycles go along without a ticket.','2026-10-20',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/a-plain.txt','c27acf0ba0654c64',1,5,'pottery workshop opens behind the mill','Pottery workshop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/a-plain.txt','02ac1cc9dc94c2b9',2,9,'salmon are counted again at the old weir','Salmon are counted again at the old weir','Volunteers saw more than two hundred of them in one week, twice as many as in the same week last year.','2026-10-09',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/b-unseen.txt','8d9b2a2092585c03',0,1,'the river​ ferry runs on sundays from now on','The river​ ferry runs on Sundays from now on','It leaves the landing below the mill at ten and at four, and bicycles go along without a ticket.','2026-10-20',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/b-unseen.txt','d44bfbcaa30e0ef7',1,5,'pottery work­shop opens behind the mill','Pottery work­shop opens behind the mill','Four wheels and a kiln are free for everybody on Saturdays, and clay is sold by weight at the door.','2026-10-12',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/b-unseen.txt','02ac1cc9dc94c2b9',2,9,'salmon are counted again at the old weir','Salmon are counted again at the old weir','⁠Volunteers saw more than two hundred of them in one week, twice as many as in the same week last year.','2026-10-09',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/c-notice.txt','ef31b9fe5c00f00a',0,1,'notice of the valley office','Notice of the valley office','The bridge below the school is closed for two days while its planks are replaced by oak.','2026-10-14',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/c-notice.txt','155468a8866c6c5a',1,5,'choir looks for two more tenor voices','Choir looks for two more tenor voices','Rehearsals are held in the town hall on Tuesday evenings, and nobody has to read music to take part.','2026-10-08',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/d-notice.txt','ef31b9fe5c00f00a',0,1,'notice of the valley office','Notice of the valley office','Applications for a stall at the winter market are taken until Friday, and potters get theirs free.','2026-10-14',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/d-notice.txt','837fb73cce7f7df9',1,5,'the library lends out garden tools from now on','The library lends out garden tools from now on','Spades, shears and a small shredder can be taken home for a week with an ordinary library card.','2026-10-06',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/e-table.json','6b8aa172d9f60773',0,3,'looms &amp; wheels &#8211; what&#8217;s next','Looms &amp; wheels &#8211; what&#8217;s next','<p>The <b>weavers</b> meet in the school.</p>','2026-10-15',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/e-table.json','1948c17ee204d50d',1,8,'night market by the river','Night market by the river','Lanterns are lit along the bank until midnight.','2026-10-16',NULL,NULL,'2026-10-26T12:00:00Z');
INSERT INTO "sightings" VALUES('seeds/e-table.json','7b515fe2117d4596',2,13,'night walk along the weir','Night walk along the weir','Everybody brings a lamp.','2026-10-17',NULL,NULL,'2026-10-26T12:00:00Z');
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
INSERT INTO "sources" VALUES('seeds/a-plain.txt',473,1796044636092336596,1796044636092336596,2591536,'390a4704350e40c8ea1eedb8c4d5bd0302861a9fd3f13fc85d6a962611adc33b','dated-after','0.921',3,'3:6643b60285b602b4','2026-10-26T12:00:00Z');
INSERT INTO "sources" VALUES('seeds/b-unseen.txt',484,1796044636092402955,1796044636092402955,2591537,'17f8eb8597daaf12eed845e4df8f4169d2faf7d99572af412fe020ed128599cb','dated-after','0.920',3,'3:6643b60285b602b4','2026-10-26T12:00:00Z');
INSERT INTO "sources" VALUES('seeds/c-notice.txt',288,1796044636092462504,1796044636092462504,2591538,'02b4ad6b4e16d26dd54b0bc2fd08c62203e01f102ba9548978910adb647c5197','dated-after','0.823',2,'3:6643b60285b602b4','2026-10-26T12:00:00Z');
INSERT INTO "sources" VALUES('seeds/d-notice.txt',302,1796044636092519739,1796044636092519739,2591539,'7a6ea5db59d1e8bb0d095ed421f3e8b797caa02cba066be3227a83beea59c752','dated-after','0.827',2,'3:6643b60285b602b4','2026-10-26T12:00:00Z');
INSERT INTO "sources" VALUES('seeds/e-table.json',419,1796044636092577716,1796044636092577716,2591540,'1210429ca9304f563e60a6c6ee0924b20aa2c39bf8936d9574b7624deee3024b','json','1.000',3,'3:6643b60285b602b4','2026-10-26T12:00:00Z');
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
INSERT INTO "topics" VALUES('rivers','f3829a8f76a61a720e546b3fb4a26cee',1,'2026-10-26T12:00:00Z',1);
INSERT INTO "topics" VALUES('crafts','d62df6e9226e85d771e489638f38c442',1,'2026-10-26T12:00:00Z',1);
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
CREATE UNIQUE INDEX items_arrived ON items (arrival);
CREATE INDEX files_few ON files (path) WHERE many = 0;
COMMIT;
PRAGMA user_version = 7;
PRAGMA application_id = 1414087751;
