-- Format 3: plans of pushes that wait for somebody to look at them (src/app/saved_plans.hpp), and who asked for what `serve` ran.

CREATE TABLE plan (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL, segment TEXT NOT NULL,
  target TEXT NOT NULL,                 -- where it goes to, in words
  made INTEGER NOT NULL,
  made_by TEXT NOT NULL DEFAULT '',     -- a token's name, "schedule"; '': the command line
  state TEXT NOT NULL,                  -- waiting, approved, applying, done, partly, failed, rejected, outdated
  ended INTEGER,                        -- when it came into a state in which it stays
  note TEXT NOT NULL DEFAULT '',        -- why it failed, was rejected, is outdated
  large_removal TEXT NOT NULL DEFAULT '', confirm TEXT NOT NULL DEFAULT '', -- what a push asks before it is done; '': nothing
  members INTEGER NOT NULL, adds INTEGER NOT NULL, removes INTEGER NOT NULL, sets INTEGER NOT NULL,
  staying INTEGER NOT NULL, blocked INTEGER NOT NULL,
  push INTEGER,                         -- the push_run that carried it out
  data BLOB NOT NULL                    -- the plan as a file has it (src/app/push_plan.hpp), through zstd
);
CREATE INDEX plan_state ON plan(state);
CREATE TABLE plan_approval (
  plan INTEGER NOT NULL REFERENCES plan, who TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (plan, who)
) WITHOUT ROWID;

-- Of what a person asked for, `due` is when, and `outcome` may also be waiting.
ALTER TABLE job_run ADD COLUMN asked_by TEXT NOT NULL DEFAULT 'schedule'; -- or a token's name
ALTER TABLE job_run ADD COLUMN title TEXT NOT NULL DEFAULT '';            -- what was asked for, in words
