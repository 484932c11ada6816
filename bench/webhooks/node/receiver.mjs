// A receiver of webhooks as it is usually written: Node, and a row in SQLite for each event, durable before the answer. Requests that
// come while a commit runs are written together by the next one, which is more than most do.
//   node receiver.mjs PORT FILE
import http from 'node:http';
import Database from 'better-sqlite3';

const [port, file] = process.argv.slice(2);
const database = new Database(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec('CREATE TABLE event (id INTEGER PRIMARY KEY, kind TEXT, time INTEGER, email TEXT, campaign TEXT, agent TEXT, ip TEXT, UNIQUE (email, campaign, kind, time))');
const insert = database.prepare('INSERT OR IGNORE INTO event (kind, time, email, campaign, agent, ip) VALUES (?, ?, ?, ?, ?, ?)');
const write = database.transaction((waiting) => {
  for (const { events } of waiting) for (const e of events) insert.run(e.event, e.time, e.email.toLowerCase(), String(e.mj_campaign_id), e.agent, e.ip);
});
let waiting = [];
function commit() {
  const group = waiting; waiting = [];
  write(group);
  for (const { response } of group) { response.writeHead(200, { 'content-type': 'application/json' }); response.end('{"taken":true}\n'); }
}
http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    if (!request.url.endsWith('/s3cret')) { response.writeHead(401); response.end(); return; }
    const body = JSON.parse(Buffer.concat(parts).toString());
    waiting.push({ events: Array.isArray(body) ? body : [body], response });
    if (waiting.length === 1) setImmediate(commit);
  });
}).listen(Number(port), '127.0.0.1');
