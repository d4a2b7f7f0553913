// One user per service, each with rights on its own database alone. Run by an administrator, as often as wanted:
//   BOWCHAT_ROUTER_PASSWORD=… BOWCHAT_MASKER_PASSWORD=… … mongosh "$ADMIN_URI" roles.js
// Each user logs in at its own database (authSource=<database>), so a lost password opens one room.

const SERVICES = [
  { service: "router", database: "router" },
  { service: "masker", database: "vault" },
  { service: "dispatcher", database: "dispatch" },
  { service: "sla-watcher", database: "sla" },
];

// Who writes the files of policyholders: originals, sealed, and their cleaned copies. ingest serves the copies, and reads alone.
const FILES = new Set(["masker", "dispatcher"]);

function password(service) {
  const variable = `BOWCHAT_${service.toUpperCase().replace("-", "_")}_PASSWORD`;
  const value = process.env[variable];
  if (!value) {
    throw new Error(`${variable} is not set: give every service a password of its own`);
  }
  return value;
}

function user(database, name, secret, roles) {
  const place = db.getSiblingDB(database);
  if (place.getUser(name) === null) {
    place.createUser({ user: name, pwd: secret, roles });
  } else {
    place.updateUser(name, { pwd: secret, roles });
  }
}

for (const { service, database } of SERVICES) {
  const files = FILES.has(service) ? [{ role: "readWrite", db: "media" }] : [];
  user(database, service, password(service), [{ role: "readWrite", db: database }, ...files]);
}

user("media", "ingest", password("ingest"), [{ role: "read", db: "media" }]);

// The audit log's user may add and read. It can neither change nor remove an entry, nor make or drop an index:
// indexes.js makes those beforehand. What it may remove is keys, in a database of their own: that is how a person is
// forgotten.
function role(database, name, privileges) {
  const place = db.getSiblingDB(database);
  if (place.getRole(name) === null) {
    place.createRole({ role: name, privileges, roles: [] });
  } else {
    place.updateRole(name, { privileges, roles: [] });
  }
}

role("audit", "auditAppender", [{ resource: { db: "audit", collection: "" }, actions: ["insert", "find"] }]);
role("audit_keys", "auditKeyHolder", [
  { resource: { db: "audit_keys", collection: "keys" }, actions: ["insert", "find", "remove"] },
  { resource: { db: "audit_keys", collection: "destroyed" }, actions: ["insert", "find"] },
]);
user("audit", "audit", password("audit"), [
  { role: "auditAppender", db: "audit" },
  { role: "auditKeyHolder", db: "audit_keys" },
]);
