-- The store, format 2. Applied by src/store; never edited after a release: a change is a new file.
-- What the blobs hold: src/store/block.hpp (activity), recipient_block.hpp (keys, attributes); src/app/score_run.cpp (runs).

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE account (
  id      INTEGER PRIMARY KEY,
  name    TEXT NOT NULL UNIQUE,
  adapter TEXT NOT NULL
);

-- One mailing (or one sending of it). A row without `described` was only seen in events so far.
CREATE TABLE campaign (
  id           INTEGER PRIMARY KEY,
  account      INTEGER NOT NULL REFERENCES account,
  external_id  TEXT NOT NULL,           -- '' with a date in `send`: events of that UTC day that name no campaign
  send         TEXT NOT NULL DEFAULT '',
  kind         INTEGER NOT NULL DEFAULT 0, -- 0 campaign, 1 automation, 2 transactional, 3 test
  family       TEXT NOT NULL DEFAULT '',   -- what A/B halves, resends and language versions share
  parent       TEXT NOT NULL DEFAULT '',
  name         TEXT NOT NULL DEFAULT '',
  subject      TEXT NOT NULL DEFAULT '',
  preheader    TEXT NOT NULL DEFAULT '',
  from_name    TEXT NOT NULL DEFAULT '',
  from_address TEXT NOT NULL DEFAULT '',
  reply_to     TEXT NOT NULL DEFAULT '',
  status       TEXT NOT NULL DEFAULT '',
  sent_at      INTEGER,
  first_event  INTEGER,                 -- times of the earliest and latest event seen
  last_event   INTEGER,
  tags         TEXT NOT NULL DEFAULT '',   -- one a line
  audience     TEXT NOT NULL DEFAULT '',   -- one a line: kind, id, name, role; tabs between
  described    INTEGER NOT NULL DEFAULT 0,
  sources      INTEGER NOT NULL DEFAULT 0, -- who told of it: bit 0 files and webhooks, bit 1 the platform's API
  merged_into  INTEGER REFERENCES campaign, -- counts as that one (src/store/merged_campaigns.hpp)
  UNIQUE (account, external_id, send)
);
CREATE INDEX campaign_merged ON campaign(merged_into) WHERE merged_into IS NOT NULL;

-- A link is its identity (docs/links.md); the stage is computed, never stored.
CREATE TABLE link (
  campaign INTEGER NOT NULL REFERENCES campaign,
  number   INTEGER NOT NULL,            -- from 1; 65535: "other", when a mailing has more than 10,000
  identity TEXT NOT NULL,
  url      TEXT NOT NULL,               -- one example
  PRIMARY KEY (campaign, number)
) WITHOUT ROWID;

CREATE TABLE placement (
  campaign INTEGER NOT NULL,
  number   INTEGER NOT NULL,
  text     TEXT NOT NULL DEFAULT '',
  alias    TEXT NOT NULL DEFAULT '',
  stage    INTEGER NOT NULL DEFAULT -1, -- explicit mark; -1: none
  footer   INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (campaign, number, text, alias, stage, footer)
) WITHOUT ROWID;

-- `links set`: the newest row that matches wins; stage -1 takes an older one back.
CREATE TABLE link_by_hand (
  id         INTEGER PRIMARY KEY,
  pattern    TEXT NOT NULL,             -- URL or glob
  campaign   TEXT NOT NULL DEFAULT '',  -- external id; '': every one
  stage      INTEGER NOT NULL,
  valid_from INTEGER NOT NULL
);

-- Recipients: 512 a row. Keys are addresses and contact ids; all keys of one person stand in one place.
CREATE TABLE key_block (block INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE key_index (partition INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE attribute (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE attribute_block (block INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE merged_recipient (recipient INTEGER PRIMARY KEY, into_recipient INTEGER NOT NULL);

-- Activity: key = chunk << 40 | campaign << 8 | kind.
CREATE TABLE activity (key INTEGER PRIMARY KEY, data BLOB NOT NULL);
-- Small batches, durable at once, with keys as text; folded into `activity` later.
CREATE TABLE inbox (id INTEGER PRIMARY KEY, events INTEGER NOT NULL, data BLOB NOT NULL);

-- What is rare.
CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE); -- scopes and proofs
CREATE TABLE unknown_event (
  account INTEGER NOT NULL, time INTEGER NOT NULL, key TEXT NOT NULL, campaign TEXT NOT NULL, native TEXT NOT NULL,
  PRIMARY KEY (account, key, time, campaign, native)
) WITHOUT ROWID;
CREATE TABLE message_campaign (account INTEGER NOT NULL, hash INTEGER NOT NULL, campaign INTEGER NOT NULL, PRIMARY KEY (account, hash)) WITHOUT ROWID;
CREATE TABLE suppression (
  key TEXT NOT NULL, reason TEXT NOT NULL, valid_from INTEGER NOT NULL, note TEXT NOT NULL DEFAULT '',
  valid_to INTEGER,                     -- taken back then
  PRIMARY KEY (key, reason, valid_from)
) WITHOUT ROWID;

-- Who was erased (docs/privacy.md): a keyed hash of each address and contact id, and the number that all of them had, if they were
-- known. The number is nobody's from then on. And what their events were, as counts.
CREATE TABLE erased (hash BLOB PRIMARY KEY, recipient INTEGER, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE erased_activity (
  campaign INTEGER NOT NULL REFERENCES campaign, kind INTEGER NOT NULL, events INTEGER NOT NULL, people INTEGER NOT NULL,
  PRIMARY KEY (campaign, kind)
) WITHOUT ROWID;

-- Who saw, exported or erased whom. People are numbers; of somebody who was never known there is the hash of `erased`.
CREATE TABLE access_log (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, recipient INTEGER, hash BLOB,
  people INTEGER NOT NULL DEFAULT 1, detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX access_log_recipient ON access_log(recipient) WHERE recipient IS NOT NULL;

-- From when to when a source is complete.
CREATE TABLE coverage (
  account INTEGER NOT NULL REFERENCES account, starts INTEGER NOT NULL, ends INTEGER NOT NULL, source TEXT NOT NULL,
  PRIMARY KEY (account, starts, ends, source)
) WITHOUT ROWID;

-- Scoring runs: the newest, and those that were exported or pushed (kept 1; 2: still being written). Of a kept one: its rules as JSON list of TOML texts, and
-- the stage of each link (src/app/kept_run.cpp).
CREATE TABLE run (
  id INTEGER PRIMARY KEY, created INTEGER NOT NULL, as_of INTEGER NOT NULL, changes INTEGER NOT NULL,
  rules_hash TEXT NOT NULL, version INTEGER NOT NULL, recipients INTEGER NOT NULL, kept INTEGER NOT NULL DEFAULT 0,
  rules TEXT NOT NULL DEFAULT '', tags BLOB
);
CREATE TABLE run_use (run INTEGER NOT NULL REFERENCES run, at INTEGER NOT NULL, what TEXT NOT NULL); -- what left the program with it
CREATE INDEX run_use_run ON run_use(run);
CREATE TABLE run_block (run INTEGER NOT NULL, chunk INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, chunk));

-- Sync: where each stream of an account's API was read up to, what is still to be asked (src/adapter/api.hpp), and the ESP's own figures.
CREATE TABLE cursor (account INTEGER NOT NULL REFERENCES account, stream TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (account, stream)) WITHOUT ROWID;
CREATE TABLE sync_task (id INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES account, task TEXT NOT NULL);
CREATE TABLE esp_total (
  account INTEGER NOT NULL REFERENCES account, campaign TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (account, campaign, name)
) WITHOUT ROWID;

-- Push: the journal of what was sent back. A target is a segment of the config at one account (src/app/push_journal.hpp).
CREATE TABLE push_run (
  id INTEGER PRIMARY KEY, account INTEGER NOT NULL REFERENCES account, segment TEXT NOT NULL, target TEXT NOT NULL, created INTEGER NOT NULL,
  state TEXT NOT NULL,                  -- running, done, failed
  note TEXT NOT NULL DEFAULT '',
  reverts INTEGER                       -- the run whose inverse this is
);
-- One row a member. People are numbers, as in the activity: who is erased is nowhere here.
CREATE TABLE push_member (
  run INTEGER NOT NULL REFERENCES push_run, recipient INTEGER NOT NULL, contact TEXT NOT NULL DEFAULT '',
  action TEXT NOT NULL,                 -- add, remove, set
  state TEXT NOT NULL,                  -- intended, sent, confirmed, refused
  before TEXT NOT NULL DEFAULT '', after TEXT NOT NULL DEFAULT '', -- values of fields, as a JSON list
  words TEXT NOT NULL DEFAULT '',       -- the ESP's, of a refusal
  PRIMARY KEY (run, recipient)
) WITHOUT ROWID;
CREATE TABLE push_task (id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES push_run, task TEXT NOT NULL); -- jobs at the ESP that are not done yet

-- What the scheduler of `serve` ran (src/store/job_log.hpp).
CREATE TABLE job_run (
  id INTEGER PRIMARY KEY, job TEXT NOT NULL,
  due INTEGER NOT NULL,                 -- the moment of the timetable that it was run for
  started INTEGER NOT NULL, ended INTEGER,
  outcome TEXT NOT NULL,                -- running, done, partly, failed, stopped
  log TEXT NOT NULL DEFAULT ''          -- the end of what it printed
);

-- Who may use the API of `serve` (src/app/api_token.hpp). The token itself is nowhere: it was shown once.
CREATE TABLE api_token (
  name TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,            -- SHA-256 of the token, hexadecimal
  role TEXT NOT NULL,                   -- sales, reviewer, operator, admin
  read_only INTEGER NOT NULL DEFAULT 0, -- 1: GET alone
  created INTEGER NOT NULL
) WITHOUT ROWID;

-- What people were told of ([[notify]], src/app/notices.hpp). A key that is about a person is a keyed hash.
CREATE TABLE notice (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL, -- '': known, not told
  UNIQUE (kind, key)
);
CREATE TABLE notice_told (route TEXT NOT NULL, notice INTEGER NOT NULL, PRIMARY KEY (route, notice)) WITHOUT ROWID;
