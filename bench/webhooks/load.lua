-- For wrk: posts webhooks of Mailjet, each with events of its own. Arguments behind "--": events a request, and a seed.
local batch, seed, thread_count = 1, 1, 0
local addresses = 50000

function setup(thread)
  thread:set("number", thread_count)
  thread_count = thread_count + 1
end

function init(args)
  batch = tonumber(args[1] or "1")
  seed = tonumber(args[2] or "1")
  math.randomseed(seed * 1000 + number)
  counter = 0
end

local form = '{"event":"open","time":%d,"MessageID":%d,"email":"reader%d@example.com","mj_campaign_id":%d,"mj_contact_id":%d,"customcampaign":"load","ip":"192.0.2.%d","geo":"BE","agent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"}'

function request()
  local events = {}
  for i = 1, batch do
    counter = counter + 1
    local id = (seed * 64 + number) * 100000000 + counter
    events[i] = string.format(form, 1770000000 + counter, id, math.random(addresses), math.random(20), id % 1000000, counter % 250)
  end
  local body = batch == 1 and events[1] or "[" .. table.concat(events, ",") .. "]"
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, body)
end

function done(summary, latency, requests)
  io.write(string.format('{"requests":%d,"seconds":%.3f,"per_second":%.0f,"p50_ms":%.2f,"p99_ms":%.2f,"max_ms":%.2f,"failed":%d}\n',
    summary.requests, summary.duration / 1e6, summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, latency.max / 1000, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
